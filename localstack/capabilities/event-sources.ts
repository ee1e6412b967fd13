import { type Capability, everywhere, notOnLocalStack } from './claim.ts';

export const eventSources = {
  'an SQS mapping hands a message to its function and deletes it': everywhere,
  'a failing batch of a queue holds up no other message': everywhere,
  'a message whose visibility its function sets to 0 comes back at once': everywhere,
  'a message that is reported as failed keeps the visibility that its function has set': everywhere,
  'a batch whose function fails keeps the visibility that its function has set': everywhere,
  'only the messages that a function reports as failed come back': everywhere,
  'an unknown identifier of a failure fails the whole batch of a queue': everywhere,
  'an empty identifier of a failure fails the whole batch of a queue': everywhere,
  'a misnamed identifier of a failure fails the whole batch of a queue': everywhere,

  'a slow function of a stream holds up no other mapping, neither of streams nor of queues':
    everywhere,
  'a shard has as many batches in progress as its parallelization factor, each key in its order':
    notOnLocalStack('ParallelizationFactor is accepted and not applied'),
  'a batch of a stream gathers records for as long as its mapping says': everywhere,
  'a failing batch of a stream is tried again as often as its mapping says, ever later, then given up':
    everywhere,
  'a failing batch is halved until the record that fails is alone, without using up retries':
    notOnLocalStack('BisectBatchOnFunctionError is accepted and not applied'),
  "records that are older than a mapping's limit are given up, and younger ones are not":
    everywhere,
  'a queue hears of a batch that was given up, without its records': everywhere,
  'a bucket receives a batch that was given up, with its records': notOnLocalStack(
    'the records are in the object as JSON, not as an escaped JSON string',
  ),
  'a stream goes on at the lowest sequence number that its function reports as failed': everywhere,
  'an unknown identifier of a failure fails the whole batch of a stream': everywhere,
  'an empty identifier of a failure fails the whole batch of a stream': everywhere,
  'a misnamed identifier of a failure fails the whole batch of a stream': everywhere,
  'a mapping at TRIM_HORIZON begins with the oldest record': everywhere,
  'a mapping at LATEST begins with what comes after it': everywhere,
  'a mapping at AT_TIMESTAMP begins with the first record from that time on': everywhere,
  'a mapping of a stream has the documented defaults': everywhere,
  'a mapping that lags behind thousands of records reads each of them once, and so does an iterator':
    everywhere,
  'a disabled mapping invokes no more, and goes on where it was when it is enabled': everywhere,
  'a deleted mapping invokes no more, also in the midst of retries': everywhere,
  'an update of a mapping holds for a batch that is being retried': everywhere,
} as const satisfies Record<string, Capability>;
