import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { parseStage } from '../../infra/config.ts';
import { CliError } from '../errors.ts';
import type { Io } from '../io.ts';
import { readOutputs, runCdkInTerminal } from './cdk.ts';
import { outputsIncomplete } from './local-errors.ts';
import { cacheFolderOf } from './local-state.ts';

export interface DeployedStage {
  readonly stage: string;
  readonly apiUrl: string;
}

/**
 * Deploys a stage to the AWS account whose credentials are found, and remembers where its API is.
 * `cdk` runs in this terminal, and asks before it widens permissions.
 * @throws CliError, DefinitionError
 */
export async function deploy(
  options: { readonly stage: string; readonly yes: boolean },
  io: Io,
): Promise<DeployedStage> {
  const stage = parseStage(options.stage);
  if (stage === 'local') {
    throw new CliError('STAGE_LOCAL', 'stage local is not deployed to AWS', {
      next: 'Use `npm start` (or `npm run up`) for the local cloud, or deploy --stage dev.',
    });
  }
  await requireCredentials(stage);
  const workFolder = join(cacheFolderOf(io.cwd), 'stages');
  await mkdir(workFolder, { recursive: true });
  const outputs = join(workFolder, `${stage}.outputs.json`);
  const code = await runCdkInTerminal({
    project: io.cwd,
    environment: io.env,
    args: [
      ...['deploy', '--all', '-c', `stage=${stage}`, '--outputs-file', outputs],
      ...(options.yes ? ['--require-approval', 'never'] : []),
    ],
  });
  if (code !== 0) {
    throw new CliError('DEPLOY_FAILED', `cdk deploy of stage ${stage} failed`, {
      next: 'Its output above says why. A new account or region needs `npx cdk bootstrap` once.',
    });
  }
  const { ApiUrl } = await readOutputs(outputs);
  if (ApiUrl === undefined) throw outputsIncomplete('ApiUrl');
  const deployed = { stage, apiUrl: ApiUrl.replace(/\/+$/, '') };
  await writeFile(join(workFolder, `${stage}.json`), `${JSON.stringify(deployed, null, 2)}\n`);
  return deployed;
}

/** Before minutes of building end in the same news. */
async function requireCredentials(stage: string): Promise<void> {
  try {
    await defaultProvider({ timeout: 1_000, maxRetries: 0 })();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CliError('CREDENTIALS_MISSING', `no AWS credentials were found: ${reason}`, {
      next: `Sign in (\`aws sso login\` or \`aws configure\`) or set AWS_PROFILE, then again: npm run deploy -- --stage ${stage}. Without an account, \`npm start\` runs everything locally.`,
      cause,
    });
  }
}
