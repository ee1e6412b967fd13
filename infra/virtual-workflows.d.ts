/** The contracts of all `contracts.ts` under `functions`, put together by the build (`infra/build.ts`). */
declare module 'virtual:workflows' {
  export const workflows: readonly import('#runtime/contracts/workflow.ts').WorkflowContract[];
  /** Domain events that any of them, or an agent's contract, declares. */
  export const eventTypes: readonly string[];
  export const subscriptions: readonly import('#runtime/contracts/subscriptions.ts').SubscriptionsContract[];
}
