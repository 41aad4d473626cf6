/**
 * What confined candidates get as `AsyncLocalStorage`. Node's own keeps on each instance, where anybody can define them anew, the members by which
 * it follows what the host does next: an instance of a candidate would be given the host's promises and its channel. Here that instance is out of reach.
 */
import asyncHooks from 'node:async_hooks';

/** As it was before it is replaced. */
const { AsyncLocalStorage } = asyncHooks;

type Run<Result> = (...args: unknown[]) => Result;

export class LentStorage<Store = unknown> {
  readonly #storage: InstanceType<typeof AsyncLocalStorage<Store>>;

  /** @param options - what later versions of Node take: a value to begin with, a name */
  constructor(...options: ConstructorParameters<typeof AsyncLocalStorage<Store>>) {
    this.#storage = new AsyncLocalStorage<Store>(...options);
  }

  static bind<Result>(inside: Run<Result>): Run<Result> {
    const bound = AsyncLocalStorage.bind(inside);
    // Node's own leads to the class that it is made with.
    const lent = function (this: unknown, ...args: unknown[]): Result {
      return Reflect.apply(bound, this, args);
    };
    return Object.defineProperty(lent, 'length', { value: inside.length, configurable: true });
  }

  static snapshot(): <Result>(inside: Run<Result>, ...args: unknown[]) => Result {
    const within = AsyncLocalStorage.snapshot();
    return (inside, ...args) => within(inside, ...args);
  }

  run<Result>(store: Store, inside: Run<Result>, ...args: unknown[]): Result {
    return this.#storage.run(store, inside, ...args);
  }

  exit<Result>(inside: Run<Result>, ...args: unknown[]): Result {
    return this.#storage.exit(inside, ...args);
  }

  enterWith(store: Store): void {
    this.#storage.enterWith(store);
  }

  getStore(): Store | undefined {
    return this.#storage.getStore();
  }

  disable(): void {
    this.#storage.disable();
  }
}

/** From here on the SDK lends this one: it takes the class from Node whenever it makes a context. */
export function lendStorage(): void {
  // Later versions of Node have a getter there, which nothing can be assigned to.
  Object.defineProperty(asyncHooks, 'AsyncLocalStorage', { value: LentStorage, configurable: true, enumerable: true });
}
