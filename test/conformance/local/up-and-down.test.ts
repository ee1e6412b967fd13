/**
 * `up`, `status` and `down` as a user's terminal sees them: real processes, a real cloud, and a
 * stand-in for the `cdk`, whose real deployments the integration tests make.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { readLocalState } from '../../../cli/local/local-state.ts';
import { LocalProject, running } from '../../support/local-project.ts';

const ALL = ['cloud', 'model-server', 'helpdesk', 'crm', 'calendar'];
const hasNoCloud = inject('endpoint') === null;

let project: LocalProject;
beforeEach(async () => {
  if (!hasNoCloud) project = await LocalProject.create();
});
afterEach(async () => {
  if (!hasNoCloud) await project.remove();
});

describe.skipIf(hasNoCloud)('up in the background', () => {
  test('stays until down', async () => {
    expect(await project.signalbox('up').ended).toMatchObject({ code: 0 });
    const state = await project.state();
    expect(state).toMatchObject({
      cloud: 'embedded',
      apiUrl: `${state.endpoint}/_aws/execute-api/a1/v1`,
      keeper: null,
    });
    const status = JSON.parse((await project.signalbox('status', '--json').ended).stdout);
    expect(status.parts).toMatchObject([
      { name: 'cloud', isHealthy: true },
      // The stand-in deploys no API.
      { name: 'api', isHealthy: false },
      { name: 'model-server', isHealthy: true },
      { name: 'helpdesk', isHealthy: true },
      { name: 'crm', isHealthy: true },
      { name: 'calendar', isHealthy: true },
    ]);
    const down = await project.signalbox('down', '--json').ended;
    expect(JSON.parse(down.stdout)).toEqual({ stopped: ALL });
    await expect(running(state)).resolves.toEqual([]);
    await expect(readLocalState(project.folder)).resolves.toBeNull();
  });

  test('U2: a second up deploys to what is up', async () => {
    await project.signalbox('up').ended;
    const first = await project.state();
    const second = await project.signalbox('up').ended;
    expect(second).toMatchObject({ code: 0, stderr: expect.stringContaining('up already') });
    await expect(project.state()).resolves.toEqual(first);
    const deployment = {
      endpoint: first.endpoint,
      args: expect.arrayContaining([
        'stage=local',
        `modelBaseUrl=${first.modelUrl}/v1`,
        `helpdeskUrl=${first.helpdeskUrl}`,
        `crmUrl=${first.crmUrl}`,
        `calendarUrl=${first.calendarUrl}`,
      ]),
    };
    await expect(project.cdkCalls()).resolves.toEqual([deployment, deployment]);
  });

  test('U1: leaves nothing running when the deployment fails, and shows why', async () => {
    await project.letCdkFail();
    const up = await project.signalbox('up').ended;
    expect(up).toMatchObject({ code: 1, stderr: expect.stringContaining('the stand-in fails') });
    await expect(readLocalState(project.folder)).resolves.toBeNull();
    await expect(readdir(join(project.folder, '.signalbox', 'run'))).resolves.toEqual([]);
  });

  test('uses a cloud that AWS_ENDPOINT_URL names, and leaves it running', async () => {
    const endpoint = inject('endpoint') ?? undefined;
    project.externalCloud = endpoint;
    await project.signalbox('up').ended;
    await expect(project.state()).resolves.toMatchObject({ endpoint, cloud: 'external' });
    await expect(project.cdkCalls()).resolves.toMatchObject([
      { endpoint, args: expect.arrayContaining(['bootstrap']) },
      { endpoint, args: expect.arrayContaining(['deploy']) },
    ]);
    const down = await project.signalbox('down', '--json').ended;
    expect(JSON.parse(down.stdout)).toEqual({
      stopped: ['model-server', 'helpdesk', 'crm', 'calendar'],
    });
    expect((await fetch(`${endpoint}/_localstack/health`)).status).toBe(200);
  });
});

describe.skipIf(hasNoCloud)('up in the foreground', () => {
  test('U3: ends all of it at Ctrl-C', async () => {
    const up = await project.inForeground();
    await expect(running(up.state)).resolves.toEqual(ALL);
    up.child.kill('SIGINT');
    expect(await up.ended).toMatchObject({ code: 0 });
    await expect(running(up.state)).resolves.toEqual([]);
    await expect(readLocalState(project.folder)).resolves.toBeNull();
  });

  test('U3: ends all of it when one part dies, and says which', async () => {
    const up = await project.inForeground();
    const helpdesk = up.state.services.find(({ name }) => name === 'helpdesk');
    if (helpdesk !== undefined) process.kill(helpdesk.process.pid, 'SIGKILL');
    expect(await up.ended).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('the local helpdesk ended by itself'),
    });
    await expect(running(up.state)).resolves.toEqual([]);
  });

  test('ends in peace when down is called from another terminal', async () => {
    const up = await project.inForeground();
    expect(await project.signalbox('down').ended).toMatchObject({ code: 0 });
    expect(await up.ended).toMatchObject({ code: 0 });
    await expect(running(up.state)).resolves.toEqual([]);
  });

  test('leaves nothing that the next up would take for its own when it is killed', async () => {
    const killed = await project.inForeground();
    killed.child.kill('SIGKILL');
    await killed.ended;
    await expect(running(killed.state)).resolves.toEqual(ALL);
    expect(await project.signalbox('up').ended).toMatchObject({ code: 0 });
    await expect(running(killed.state)).resolves.toEqual([]);
    await expect(running(await project.state())).resolves.toEqual(ALL);
  });
});
