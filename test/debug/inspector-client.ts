/** What an editor does with Node's inspector: finds scripts by their source maps, sets breakpoints in sources, looks around. */
import { generatedPositionFor, LEAST_UPPER_BOUND, originalPositionFor, TraceMap } from '@jridgewell/trace-mapping';
import { WebSocket } from 'undici';

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Params;
  readonly result?: Params;
  readonly error?: { readonly message: string };
}

// Messages of the protocol, read by the members that the test names.
type Params = Record<string, unknown>;

export interface Paused {
  /** Of the innermost frame, in the source. */
  readonly source: string | null;
  readonly line: number | null;
  readonly frame: string;
  readonly text: string | undefined;
}

interface Script {
  readonly id: string;
  readonly map: TraceMap;
}

export class InspectorClient {
  readonly #socket: WebSocket;
  readonly #answers = new Map<number, (message: Message) => void>();
  readonly #scripts: Script[] = [];
  readonly #seen: Message[] = [];
  #waiting: { readonly method: string; readonly resolve: (message: Message) => void } | undefined;
  #count = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#receive(JSON.parse(String(data))));
  }

  static async connect(url: string): Promise<InspectorClient> {
    const socket = new WebSocket(url);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve, { once: true });
      socket.addEventListener('error', reject, { once: true });
    });
    return new InspectorClient(socket);
  }

  #receive(message: Message): void {
    if (message.id !== undefined) this.#answers.get(message.id)?.(message);
    if (message.method === 'Debugger.scriptParsed') this.#parsed(message.params ?? {});
    if (message.method === undefined) return;
    if (this.#waiting?.method === message.method) {
      const { resolve } = this.#waiting;
      this.#waiting = undefined;
      resolve(message);
    } else if (message.method === 'Debugger.paused') this.#seen.push(message);
  }

  #parsed({ scriptId, sourceMapURL }: Params): void {
    const [, base64] = /^data:application\/json[^,]*;base64,(.+)$/.exec(String(sourceMapURL)) ?? [];
    if (base64 === undefined) return;
    const map = new TraceMap(Buffer.from(base64, 'base64').toString());
    this.#scripts.push({ id: String(scriptId), map });
  }

  send(method: string, params: Params = {}): Promise<Params> {
    this.#count += 1;
    const id = this.#count;
    return new Promise((resolve, reject) => {
      this.#answers.set(id, ({ result = {}, error }) => (error ? reject(new Error(error.message)) : resolve(result)));
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  /** The next time that the code stands still. */
  async paused(): Promise<Paused> {
    const early = this.#seen.shift();
    const message =
      early ??
      (await new Promise<Message>((resolve) => {
        this.#waiting = { method: 'Debugger.paused', resolve };
      }));
    return this.#describe(message.params ?? {});
  }

  #describe({ callFrames }: Params): Paused {
    const [top] = callFrames as {
      callFrameId: string;
      location: { scriptId: string; lineNumber: number; columnNumber: number };
    }[];
    if (top === undefined) throw new Error('It stands still nowhere.');
    const { scriptId, lineNumber, columnNumber } = top.location;
    const map = this.#scripts.find(({ id }) => id === scriptId)?.map;
    const place = map && originalPositionFor(map, { line: lineNumber + 1, column: columnNumber });
    return {
      source: place?.source ?? null,
      line: place?.line ?? null,
      frame: top.callFrameId,
      text: place?.name ?? undefined,
    };
  }

  /** Sets a breakpoint in a source, as an editor does: the first place of the line that code was made of. */
  async breakAt(source: string, line: number): Promise<void> {
    for (const { id, map } of this.#scripts) {
      if (!map.sources.includes(source)) continue;
      const place = generatedPositionFor(map, { source, line, column: 0, bias: LEAST_UPPER_BOUND });
      if (place.line === null) continue;
      const location = { scriptId: id, lineNumber: place.line - 1, columnNumber: place.column };
      await this.send('Debugger.setBreakpoint', { location });
      return;
    }
    throw new Error(`No script was made of ${source}: ${this.#scripts.flatMap(({ map }) => map.sources).join(', ')}`);
  }

  /** The value of an expression where the code stands still. */
  async evaluate({ frame }: Paused, expression: string): Promise<unknown> {
    const { result } = await this.send('Debugger.evaluateOnCallFrame', {
      callFrameId: frame,
      expression,
      returnByValue: true,
    });
    return (result as { readonly value?: unknown }).value;
  }

  close(): void {
    this.#socket.close();
  }
}
