/** What has happened to reactive runs so far, for the checks of what agents make of events. */
import { eventPosition, type SignalboxEvent } from '#runtime/contracts/event.ts';
import { PLATFORM_NAMES } from '#runtime/contracts/names.ts';
import type { OwedReaction, ReactionsRecord } from '#runtime/contracts/reactions.ts';
import type { EventRule, SubscriptionRule } from '#runtime/contracts/subscriptions.ts';
import type { TaskMessage } from '#runtime/contracts/task-message.ts';
import type { Fact } from '../evidence.ts';
import { deployedTalk } from '../reactive/contracts.ts';

/** An event that the router has said that it has dealt with. */
export interface Heard {
  readonly event: SignalboxEvent;
  /** How many facts came before. */
  readonly order: number;
  readonly atMs: number;
}

/** What one run's reactions have come to. */
export class RunScene {
  /** By id. */
  readonly heard = new Map<string, Heard>();
  /** Messages of reactions by path, the first of each. */
  readonly sent = new Map<string, TaskMessage>();
  /** Reactions that were decided on, by path. */
  readonly begun = new Map<string, OwedReaction>();
  /** Ids of events that the router has put into a lane: it comes to them whenever that is drained. */
  readonly aside = new Set<string>();
  /** When its end was decided: how many facts came before. */
  endOrder = Number.POSITIVE_INFINITY;

  /** What the router knew in time, in the order of positions. */
  known(rule: EventRule): readonly SignalboxEvent[] {
    return [...this.heard.values()]
      .filter(({ event, order }) => order < this.endOrder && !this.aside.has(event.id))
      .flatMap(({ event }) => (isMet(rule, event) ? [event] : []))
      .sort((a, b) => (eventPosition(a) < eventPosition(b) ? -1 : 1));
  }
}

export class ReactiveScene {
  readonly runs = new Map<string, RunScene>();
  #order = 0;

  of(run: string): RunScene {
    const scene = this.runs.get(run) ?? new RunScene();
    this.runs.set(run, scene);
    return scene;
  }

  apply(fact: Fact): void {
    this.#order += 1;
    switch (fact.kind) {
      case 'taken':
        if (fact.consumer === PLATFORM_NAMES.routeEvents) this.#hear(fact);
        break;
      case 'dispatched': {
        const { sent } = this.of(fact.message.run.id);
        const { path } = fact.message.step;
        if (!sent.has(path)) sent.set(path, fact.message);
        break;
      }
      case 'laid-aside':
        if (fact.consumer === PLATFORM_NAMES.routeEvents) this.of(fact.run).aside.add(fact.event);
        break;
      case 'reactions-written':
        this.#decide(fact.after);
        break;
      default:
    }
  }

  #hear({ records, atMs }: Fact & { readonly kind: 'taken' }): void {
    for (const event of records.flatMap(domainEventIn)) {
      const { heard } = this.of(event.run);
      if (!heard.has(event.id)) heard.set(event.id, { event, order: this.#order, atMs });
    }
  }

  #decide(after: ReactionsRecord): void {
    const scene = this.of(after.run);
    for (const reaction of reactionsIn(after)) {
      const path = pathOf(reaction);
      if (!scene.begun.has(path)) scene.begun.set(path, reaction);
    }
    if (after.end) scene.endOrder = Math.min(scene.endOrder, this.#order);
  }
}

export const pathOf = ({ rule, n }: { readonly rule: string; readonly n: number }): string =>
  `${rule}@${n}`;

const reactionsIn = ({ owed }: ReactionsRecord): readonly OwedReaction[] =>
  owed.filter((one) => one.kind === 'reaction');

/** Reactions that this record begins. */
export const newlyBegun = (
  { after }: Fact & { readonly kind: 'reactions-written' },
  { begun }: RunScene,
): readonly OwedReaction[] => reactionsIn(after).filter((one) => !begun.has(pathOf(one)));

/** The rule of a reaction's path. */
export const ruleOf = (path: string): SubscriptionRule | undefined =>
  deployedTalk.rules.find(({ name }) => name === path.split('@')[0]);

export const isMet = (
  { type, where }: Pick<EventRule, 'type' | 'where'>,
  event: Pick<SignalboxEvent, 'type' | 'data'>,
): boolean => {
  const data = event.data as Readonly<Record<string, unknown>>;
  return event.type === type && Object.entries(where).every(([name, is]) => data[name] === is);
};

/** Cheap for the many that are the platform's. */
function domainEventIn(text: string): readonly SignalboxEvent[] {
  if (text.includes('"type":"signalbox.') || !text.startsWith('{"specversion"')) return [];
  try {
    const event: SignalboxEvent = JSON.parse(text);
    return event.run === undefined ? [] : [event];
  } catch {
    return [];
  }
}

const FINAL: ReadonlySet<string> = new Set(
  ['succeeded', 'failed', 'expired', 'stopped'].map((end) => `signalbox.step.${end}`),
);

/** Whether it tells that a step is over for good. */
export const isFinal = ({ type }: Pick<SignalboxEvent, 'type'>): boolean => FINAL.has(type);
