import { lazy } from '../../core/lazy.ts';
import type { ApiDependencies, RouteHandler } from './dependencies.ts';

/**
 * A route whose code is loaded with its first request: for whatever a start of the function need not
 * wait for (B3 of `infra/build.ts`).
 * @param load imports the route: `async () => (await import('./read-diff.ts')).getDiff`
 */
export const lateRoute =
  (load: () => Promise<(dependencies: ApiDependencies) => RouteHandler>) =>
  (dependencies: ApiDependencies): RouteHandler => {
    const loaded = lazy(async () => (await load())(dependencies));
    return async (request) => (await loaded())(request);
  };
