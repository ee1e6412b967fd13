/**
 * The code of the simulated agents: what authors write, with the misfortunes that befall them.
 *
 * Boundary: the same input leads to the same calls; only the world outside, and whether the code fails,
 * differ from run to run.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import * as z from 'zod/mini';
import type { AgentContext, WhenUnknown } from '#runtime/contracts/agent-context.ts';
import { RetryableError } from '#runtime/contracts/errors.ts';
import type { QuotaLimits } from '#runtime/contracts/quota.ts';
import { tool } from '#runtime/contracts/tool.ts';
import { type AgentCode, agentCode } from '#runtime/lambda/agent-code.ts';
import type { ModelProvider } from '#runtime/ports.ts';
import {
  answerQuestion,
  identifyIntent,
  openTicket,
  retrievePassages,
} from '../../functions/support/contracts.ts';
import type { Container } from './container.ts';
import { bookRoom, chargeCard, planTrip, readGuide, sendNote } from './contracts.ts';
import { type Evidence, type Place, pastText } from './evidence.ts';
import type { Faults } from './faults.ts';
import { type Outside, serialIn } from './outside.ts';

export const AGENT_CONTRACTS = [
  planTrip,
  bookRoom,
  sendNote,
  chargeCard,
  readGuide,
  identifyIntent,
  retrievePassages,
  answerQuestion,
  openTicket,
] as const;

/** Where an agent's code runs. */
export interface Stage {
  readonly container: Container;
  readonly outside: Outside;
  readonly faults: Faults;
  readonly evidence: Evidence;
  /** Of the quotas that the stage has. */
  readonly limits: Readonly<Record<string, QuotaLimits>>;
}

// What every simulated agent does with its context, whatever events it may emit.
type Context = Pick<AgentContext, 'run' | 'step' | 'attempts' | 'signal' | 'model' | 'effect'>;

const Thought = z.object({ text: z.string(), size: z.enum(['small', 'large']) });

/** Whose code asks: the model itself is not told. */
const acting = new AsyncLocalStorage<Actor>();

const MODEL_QUOTA = 'model:default';

/** The model, as the agents of a container reach it. */
export const simulatedModel = ({ container, outside, evidence }: Stage): ModelProvider => ({
  generate: (request) => {
    const { name, turns = [] } = request;
    const turn = turns.length === 0 ? '' : `, turn ${turns.length + 1}`;
    const actor = acting.getStore();
    const serial = actor?.begins(`model:${name}${turn}`, MODEL_QUOTA) ?? outside.nextSerial();
    return container.interact('model', `ask ${name}`, async () => {
      const reply = await outside.reply(request, serial);
      const tokens = reply.usage.inputTokens + reply.usage.outputTokens;
      if (actor) evidence.add(container.name, { kind: 'paid', ...actor.step, tokens });
      return reply;
    });
  },
  describe: async () => ({ type: 'object' }),
});

/** The agents by name, for one container. */
export function simulatedAgents(stage: Stage): ReadonlyMap<string, AgentCode> {
  const codes: readonly AgentCode[] = [
    agentCode(planTrip, async ({ trip, kind }, ctx) => {
      const actor = new Actor(stage, ctx);
      if (kind === 'poison') actor.poison();
      const { text, size } = await actor.think('plan', `Plan ${trip}`);
      await ctx.emit('trip.planned', { plan: text });
      await actor.mayFail();
      return { plan: text, size };
    }),
    agentCode(bookRoom, async ({ trip }, ctx) => {
      const actor = new Actor(stage, ctx);
      await actor.think('choose', `Choose a room for ${trip}`);
      const room = await actor.change('book', 'fail');
      await ctx.emit('room.booked', { room });
      await actor.mayFail();
      return { room };
    }),
    agentCode(sendNote, async ({ trip }, ctx) => {
      const actor = new Actor(stage, ctx);
      ctx.partial(`A note for ${trip}`);
      const note = await actor.change('send', 'retry');
      ctx.partial(`: ${note}`);
      await actor.mayFail();
      await actor.change('file', 'retry');
      await actor.think('sum-up', `Sum up ${trip}`);
      return { note };
    }),
    agentCode(chargeCard, async ({ trip }, ctx) => {
      const actor = new Actor(stage, ctx);
      const { text } = await actor.think('amount', `What does ${trip} cost?`);
      const receipt = await actor.change('charge', 'reconcile', 'crm');
      await actor.converse('thanks', `Thank for ${trip}.`);
      await actor.mayFail();
      return { receipt: `${receipt} ${text}` };
    }),
    agentCode(readGuide, async ({ trip }, ctx) => {
      const actor = new Actor(stage, ctx);
      await actor.mayFail();
      const tips = await Promise.all([
        actor.think('food', `What to eat on ${trip}?`),
        actor.think('sights', `What to see on ${trip}?`),
      ]);
      return { tips: tips.map(({ text }) => text) };
    }),
    ...supportAgents(stage),
  ];
  return new Map(codes.map((code) => [code.contract.name, witnessed(stage, code)]));
}

/** The same code, and a witness of its end: code that does not listen to its signal is none of the attempt's any more. */
export const witnessed = ({ container, evidence }: Stage, code: AgentCode): AgentCode => ({
  ...code,
  execute: (input, ctx, ...rest) => {
    const place = { run: ctx.run.id, path: ctx.step.path };
    const left = (): void => evidence.add(container.name, { kind: 'attempt-left', ...place });
    ctx.signal.addEventListener('abort', left, { once: true });
    return code.execute(input, ctx, ...rest);
  },
});

/** The support workflow's contracts; its agents' own code is tested elsewhere. */
const supportAgents = (stage: Stage): readonly AgentCode[] => [
  agentCode(identifyIntent, async ({ query }, ctx) => {
    const { size } = await new Actor(stage, ctx).think('intent', query);
    return { intent: size === 'small' ? ('question' as const) : ('other' as const) };
  }),
  agentCode(retrievePassages, async () => ({
    passages: [{ id: 'p1', file: 'docs/a.md', heading: 'Words', text: 'A fence.' }],
  })),
  agentCode(answerQuestion, async ({ question }, ctx) => {
    const { text, size } = await new Actor(stage, ctx).think('answer', question);
    return size === 'small'
      ? { answerable: true, answer: text, citations: [{ file: 'docs/a.md', heading: 'Words' }] }
      : { answerable: false, answer: '', citations: [] };
  }),
  agentCode(openTicket, async ({ query }, ctx) => {
    const actor = new Actor(stage, ctx);
    const { text } = await actor.think('summary', query);
    const ticketId = await actor.change('open-ticket', 'reconcile');
    await ctx.emit('ticket.opened', { ticketId, reason: 'not-answered' });
    await actor.mayFail();
    return { ticketId, reason: 'not-answered' as const, summary: text };
  }),
];

/** What an agent does in one attempt, seen from outside. */
export class Actor {
  readonly #stage: Stage;
  readonly #ctx: Context;
  readonly #place: Place;

  constructor(stage: Stage, ctx: Context) {
    this.#stage = stage;
    this.#ctx = ctx;
    const { run, step, attempts } = ctx;
    this.#place = { run: run.id, path: step.path, failures: attempts.length };
    stage.evidence.add(stage.container.name, {
      kind: 'attempt-began',
      ...this.#place,
      errors: attempts.map(({ error, partial }) => pastText(error.code, partial)),
      localMs: stage.container.system.now(),
    });
  }

  get step(): Pick<Place, 'run' | 'path'> {
    const { run, path } = this.#place;
    return { run, path };
  }

  async think(name: string, question: string): Promise<z.infer<typeof Thought>> {
    const { object } = await acting.run(this, () =>
      this.#ctx.model(name, { prompt: question, output: Thought, maxOutputTokens: 50 }),
    );
    this.#has(`model:${name}`, object.text);
    return object;
  }

  /** Lets the model use a tool that changes the world outside. */
  async converse(name: string, question: string): Promise<void> {
    const { container, outside } = this.#stage;
    const { run, path } = this.#place;
    const sign = tool({
      name: 'sign',
      description: 'Signs a card.',
      input: z.object({ by: z.string() }),
      whenUnknown: 'retry',
      run: (_input, key) => {
        this.begins(`tool:sign#${key}`);
        return container.interact('outside', 'sign', async () =>
          outside.change(container.name, { run, path, name: 'sign', policy: 'retry' }, key),
        );
      },
    });
    const { text } = await acting.run(this, () =>
      this.#ctx.model(name, { prompt: question, tools: [sign], maxOutputTokens: 50 }),
    );
    this.#has(`model:${name}`, text);
  }

  /** Changes the world outside once. */
  change(name: string, policy: 'retry' | 'fail' | 'reconcile', quota?: string): Promise<string> {
    const { container, outside } = this.#stage;
    const { run, path } = this.#place;
    const whenUnknown: WhenUnknown<string> =
      policy === 'reconcile'
        ? {
            reconcile: (key) =>
              container.interact('outside', `find ${name}`, async () => {
                const found = outside.find(key);
                return found === undefined ? 'absent' : { found };
              }),
          }
        : policy;
    const terms = { whenUnknown, ...(quota !== undefined && { quota }) };
    return this.#ctx.effect(name, terms, async (key) => {
      this.begins(`effect:${name}`, quota);
      return container.interact('outside', `perform ${name}`, async () => {
        const mood = await outside.mood(this.#ctx.signal);
        const result = outside.change(container.name, { run, path, name, policy }, key);
        if (mood === 'breaks-after') throw new TypeError('the connection broke after the change');
        return result;
      });
    });
  }

  /** The author's code has its own ways to end. */
  async mayFail(): Promise<void> {
    const { faults, container } = this.#stage;
    if (faults.strikes('agent-failed')) throw new RetryableError('not this time');
    if (faults.strikes('agent-deferred')) {
      const retryAfterSeconds = faults.lasting('agent-deferred', 1, 60);
      throw new RetryableError('later', { retryAfterSeconds });
    }
    if (faults.strikes('agent-hangs')) {
      const ms = faults.lasting('agent-hangs', 10_000, 120_000);
      await container.system.sleep(
        ms,
        faults.lasting('agent-hangs', 0, 1) ? this.#ctx.signal : undefined,
      );
    }
  }

  /** What its input does to its worker. */
  poison(): void {
    const { container, evidence } = this.#stage;
    evidence.add(container.name, { kind: 'poisoned', ...this.#place });
    container.kill('its input is poison');
  }

  /** The agent's code asks for a call; from here on it is under way. */
  begins(call: string, quota?: string): number {
    const { container, evidence, outside, limits } = this.#stage;
    const serial = outside.nextSerial();
    evidence.add(container.name, {
      kind: 'call-began',
      ...this.#place,
      call,
      ...(quota !== undefined && Object.hasOwn(limits, quota) && { quota }),
      localMs: container.system.now(),
      serial,
    });
    return serial;
  }

  /** The code has a reply, from the model or from the ledger. */
  #has(call: string, reply: string): void {
    const { container, evidence } = this.#stage;
    const serial = serialIn(reply);
    evidence.add(container.name, { kind: 'replied', ...this.#place, call, serial });
  }
}
