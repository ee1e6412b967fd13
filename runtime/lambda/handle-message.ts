/**
 * One message's way through the door: decide, claim, run, record, publish, answer.
 *
 * The decision is pure (core/step.ts). This file performs it, and asks again with what it finds when
 * another worker was faster.
 */
import { agentSettings } from '../contracts/agent.ts';
import type { TaskMessage } from '../contracts/task-message.ts';
import { IN_PLACE_MS, secondsUntil } from '../core/come-back.ts';
import { canFinish } from '../core/hard-stop.ts';
import { hash } from '../core/hash.ts';
import { withPatchedInput } from '../core/patched-input.ts';
import { originOf, type Reuse, reusedResult } from '../core/reuse-outcome.ts';
import { decideStep, type StepDecision, type StepState } from '../core/step.ts';
import { answerOutcome } from './answer.ts';
import type { Delivery, Door, Found, Verdict } from './delivery.ts';
import type { DoorPorts } from './door-ports.ts';
import { type Performed, untilEnded } from './performed.ts';
import { payloadOwner, RunPayloads } from './run-payloads.ts';
import { refuseAndTell, settleAndAnswer } from './settle-and-answer.ts';
import { takeStep } from './take-step.ts';
import { logFields } from './telemetry.ts';

export async function handleMessage(
  door: Door,
  delivery: Delivery,
  received: TaskMessage,
  found: Found,
): Promise<Verdict> {
  const { system } = door.ports;
  const message = withPatchedInput(received, found.run);
  const inputHash = hash(message.input);
  const contractVersion = agentSettings(door.code.contract).version;
  const { run, step } = found;
  return untilEnded(message, step, (record) => {
    const nowMs = system.now();
    const state: StepState = { record, run, message, inputHash, contractVersion, nowMs };
    return perform(door, delivery, state, decideStep(state));
  });
}

async function perform(
  door: Door,
  delivery: Delivery,
  state: StepState,
  decision: StepDecision,
): Promise<Performed> {
  const { message } = state;
  switch (decision.kind) {
    case 'ack':
      door.ports.telemetry.log(
        'info',
        'another message of the step has taken over',
        logFields(message),
      );
      return 'done';
    case 'answer':
      return answerOutcome(door.ports, message, decision.outcome);
    case 'refuse':
      return refuseAndTell(door.ports, state, decision.failure);
    case 'wait':
      return waitForLease(door.ports, state, decision.seconds);
    case 'early':
      return waitUntilDue(door.ports, state, decision);
    case 'settle':
      return settleAndAnswer(door.ports, state, decision.result);
    case 'claim': {
      const reuse = await findReuse(door.ports, state);
      if (reuse) return settleAndAnswer(door.ports, state, reuse.result, reuse.reusedFrom);
      if (!canFinish({ contract: door.code.contract, remainingMs: door.remainingMs() })) {
        return 'unstarted';
      }
      return takeStep(door, delivery, state, decision.record);
    }
  }
}

/**
 * Somebody's lease. A dead worker's message comes back just before its lease is over, and goes back for
 * that only if it must: each start that kills its worker would use up two receives.
 */
async function waitForLease(
  { system }: DoorPorts,
  { record }: StepState,
  seconds: number,
): Promise<Performed> {
  if (seconds * 1000 > IN_PLACE_MS) return { seconds };
  await system.sleep(seconds * 1000);
  return { current: record };
}

/** A step that goes on later. What may not have been told of its deferral is told first (R4). */
async function waitUntilDue(
  { events, system }: DoorPorts,
  { record }: StepState,
  { dueAtMs, untold }: Extract<StepDecision, { kind: 'early' }>,
): Promise<Performed> {
  if (untold.length > 0) await events.append(untold);
  const nowMs = system.now();
  if (dueAtMs - nowMs > IN_PLACE_MS) return { seconds: secondsUntil(dueAtMs, nowMs) };
  await system.sleep(dueAtMs - nowMs);
  return { current: record };
}

/**
 * What a step of a forked run takes over from its origin, with what that refers to; `null` when it has
 * to be run.
 */
async function findReuse({ steps, payloads }: DoorPorts, state: StepState): Promise<Reuse | null> {
  const origin = originOf(state);
  if (origin === null) return null;
  const { message, run } = state;
  const { path } = message.step;
  const { steps: found } = await steps.read({ steps: [{ run: origin.run, path }], runs: [] });
  const reuse = reusedResult(state, found[0] ?? null);
  if (reuse?.result.status !== 'succeeded') return null;
  const owner = payloadOwner(message, run);
  const origins = new RunPayloads(payloads, { ...owner, root: origin.run });
  return (await origins.copyTo(owner, reuse.result.output)) ? reuse : null;
}
