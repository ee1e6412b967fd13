import type { Problem } from '../../contracts/api.ts';

type Headers = Readonly<Record<string, string>>;

export const jsonResponse = (status: number, body: object, headers: Headers = {}): Response =>
  response('application/json', status, body, headers);

export const problemResponse = (problem: Problem, headers: Headers = {}): Response =>
  response('application/problem+json', problem.status, problem, headers);

// What runs do changes from second to second: nobody in between may keep an answer.
const response = (type: string, status: number, body: object, headers: Headers): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': type, 'cache-control': 'no-store', ...headers },
  });
