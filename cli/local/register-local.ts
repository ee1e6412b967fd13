import type { Command } from 'commander';
import { table } from '../draw/table.ts';
import { EXIT } from '../errors.ts';
import type { Io } from '../io.ts';
import { printJson, printLines } from '../runs/print.ts';
import { down } from './down.ts';
import { untilInterrupted } from './interrupt.ts';
import { asCliError, ErrorWithOutput } from './local-errors.ts';
import type { LocalState } from './local-state.ts';
import { Progress } from './progress.ts';
import { localStatus } from './status.ts';
import { up } from './up.ts';

interface UpFlags {
  readonly foreground?: boolean;
  readonly keepState?: boolean;
  readonly json?: boolean;
}

/** Adds `up`, `down`, `status` and `deploy` to a program. */
export function registerLocal(program: Command, io: Io): void {
  program
    .command('up')
    .description(
      'run Signalbox on this machine: local cloud, model server, helpdesk, customer system, deployment',
    )
    .option('--foreground', 'stay, and stop everything at Ctrl-C')
    .option('--keep-state', 'keep runs and resources for the next `up --keep-state`')
    .option('--json', 'print JSON')
    .action((flags: UpFlags) => runUp(flags, io));
  program
    .command('down')
    .description('stop what `up` started')
    .option('--json', 'print JSON')
    .action(({ json }: { json?: boolean }) => runDown(json === true, io));
  program
    .command('status')
    .description('what is up locally, and how it is; exit code 1 unless all is well')
    .option('--json', 'print JSON')
    .action(({ json }: { json?: boolean }) => runStatus(json === true, io));
  program
    .command('deploy')
    .description('deploy a stage to AWS')
    .requiredOption('--stage <stage>', 'dev or prod')
    .option('--yes', 'do not ask before permissions are widened')
    .option('--json', 'print JSON')
    .action((flags: { stage: string; yes?: boolean; json?: boolean }) => runDeploy(flags, io));
}

async function runUp(flags: UpFlags, io: Io): Promise<void> {
  const progress = new Progress(io);
  const { foreground = false, keepState = false } = flags;
  const interrupt = untilInterrupted();
  try {
    await up(
      { foreground, keepState },
      {
        io,
        progress,
        signal: interrupt.signal,
        announce: (state, how) =>
          flags.json ? printJson(io, state) : printLines(io, howToAsk(state, how, io)),
      },
    );
  } catch (error) {
    progress.end('✗');
    const said = asCliError(error);
    if (said instanceof ErrorWithOutput && said.output !== '' && !flags.json) {
      io.err(`${io.errorPaint('dim', said.output)}\n`);
    }
    throw said;
  } finally {
    interrupt.end();
  }
}

function howToAsk(state: LocalState, how: 'started' | 'redeployed', io: Io): string[] {
  const again = how === 'started' ? '' : ', newly deployed';
  const label = (text: string): string => `  ${io.paint('dim', text.padEnd(8))}`;
  const stop = state.keeper === null ? 'npm run down' : 'Ctrl-C';
  return [
    '',
    `${io.paint('green', '●')} Signalbox is up on the ${state.cloud} cloud${again}`,
    '',
    `${label('API')}${state.apiUrl}`,
    `${label('ask')}npx signalbox start support --wait --input '{"query":"What is a fence?","customerId":"c-1"}'`,
    `${label('look')}npx signalbox runs list`,
    `${label('stop')}${stop}`,
    '',
  ];
}

async function runDown(json: boolean, io: Io): Promise<void> {
  const stopped = await down(io.cwd);
  if (json) return printJson(io, { stopped });
  printLines(io, [stopped.length === 0 ? 'nothing was up' : `stopped: ${stopped.join(', ')}`]);
}

async function runStatus(json: boolean, io: Io): Promise<void> {
  const status = await localStatus(io.cwd);
  const { isUp, cloud, parts } = status;
  if (!isUp || parts.some(({ isHealthy }) => !isHealthy)) io.setExitCode(EXIT.failed);
  if (json) return printJson(io, status);
  if (!isUp) return printLines(io, ['nothing is up locally; start it with `npm start`']);
  const columns = [{ title: 'part' }, { title: 'health' }, { title: 'address' }];
  const rows = parts.map(({ name, url, isHealthy, answer }) => [
    name === 'cloud' ? `cloud (${cloud})` : name,
    isHealthy ? io.paint('green', 'ok') : io.paint('red', answer),
    url,
  ]);
  printLines(io, table(columns, rows, io));
}

async function runDeploy(
  flags: { readonly stage: string; readonly yes?: boolean; readonly json?: boolean },
  io: Io,
): Promise<void> {
  // Loaded at use: the chain of AWS credentials takes longer than most commands.
  const { deploy } = await import('./deploy.ts');
  const deployed = await deploy({ stage: flags.stage, yes: flags.yes === true }, io);
  if (flags.json) return printJson(io, deployed);
  printLines(io, [`stage ${deployed.stage} is deployed: ${deployed.apiUrl}`]);
}
