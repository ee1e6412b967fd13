import { LocalCloudError } from '../../localstack/errors.ts';
import { CliError } from '../errors.ts';

/** An error with the lines of output that show it. */
export class ErrorWithOutput extends CliError {
  readonly output: string;
  constructor(
    code: string,
    message: string,
    options: { readonly next: string; readonly output: string; readonly cause?: unknown },
  ) {
    super(code, message, options);
    this.output = options.output;
  }
}

/** Says an error of the local cloud as the command line says its own. */
export const asCliError = (error: unknown): unknown =>
  error instanceof LocalCloudError
    ? new ErrorWithOutput(error.code, error.problem, {
        next: error.next,
        output: error.details,
        cause: error,
      })
    : error;

export const cdkFailed = (command: string, output: string, logFile: string): CliError =>
  new ErrorWithOutput('DEPLOY_FAILED', `\`cdk ${command}\` failed`, {
    next: `The whole output is in ${logFile}.`,
    output,
  });

export const interrupted = (): CliError =>
  new CliError('INTERRUPTED', 'interrupted before it was up', {
    next: 'What had been started is stopped. Start again with `npm start`.',
  });

export const serviceEnded = (name: string): CliError =>
  new CliError('SERVICE_ENDED', `the local ${name} ended by itself; everything is stopped`, {
    next: `Read .signalbox/logs/${name}.log, then start again.`,
  });

export const noProject = (folder: string): CliError =>
  new CliError('NO_PROJECT', `${folder} is not a Signalbox project: it has no cdk.json`, {
    next: "Change to the project's folder and try again.",
  });

export const outputsIncomplete = (missing: string): CliError =>
  new CliError('OUTPUTS_INCOMPLETE', `the deployment has no output ${missing}`, {
    next: 'The api stack must output ApiId, ApiStage and ApiUrl: see infra/stacks.',
  });
