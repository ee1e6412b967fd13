import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import type { ExecutionDescription, System } from '#runtime/ports.ts';
import { retryBusy } from '../resend.ts';

/** 15 questions a second are answered for the whole account: who does not get through soon comes again much later. */
const BACKOFF = { attempts: 4, baseMs: 200, capMs: 2000 };

/**
 * What Step Functions says about an execution; `null` when it knows none.
 * @throws ThrottledError
 */
export async function describeExecution(
  { client, system }: { readonly client: SFNClient; readonly system: System },
  executionArn: string,
): Promise<ExecutionDescription | null> {
  try {
    return descriptionOf(
      await retryBusy({ system, backoff: BACKOFF, what: 'describing an execution' }, () =>
        client.send(new DescribeExecutionCommand({ executionArn })),
      ),
    );
  } catch (error) {
    if (error instanceof Error && error.name === 'ExecutionDoesNotExist') return null;
    throw error;
  }
}

const descriptionOf = ({
  status,
  startDate,
  stopDate,
  output,
  error,
  cause,
}: DescribeExecutionCommandOutput): ExecutionDescription => ({
  status: status ?? '',
  startMs: startDate?.getTime() ?? 0,
  ...(stopDate !== undefined && { stopMs: stopDate.getTime() }),
  ...(output !== undefined && { output }),
  ...(error !== undefined && { error }),
  ...(cause !== undefined && { cause }),
});
