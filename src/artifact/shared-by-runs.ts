/** What runs of a mission share in a worker and in a replay, beside the SDK. */

/** By which names the bundler knows these modules: zod, and schemas that are the same in every run. */
export const SHARED_MODULES = { library: './library.cjs', schemas: './schemas.cjs' } as const;

/**
 * By which names zod hands over what it keeps (`kept-by-library.ts`): objects that it may change at any time, those that stay once they were completed, and
 * variables that it sets, each as two functions that read and set it.
 */
export const KEPT_BY_LIBRARY = { changing: 'zod', settling: 'zod, settling', assigned: 'zod, assigned' } as const;
