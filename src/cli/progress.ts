/** Progress on standard error: one line drawn over and over for a person, a line now and then for a log. */
import type { Palette } from '../compare/render/palette.ts';
import type { CliIo } from './io.ts';

export interface Progress {
  /** Where it is: `done` of `total`, and what else there is to say. */
  update(done: number, total: number, aside?: string): void;
  /** What it does now, when it cannot be counted. */
  say(text: string): void;
  /** The last line; without a text the line is taken away. */
  end(text?: string): void;
}

const BAR_WIDTH = 24;
const DRAW_EVERY_MS = 80;
/** In a log: a line at each of so many parts. */
const LOG_PARTS = 5;
const CLEAR_LINE = '\r\u001B[2K';

export function openProgress(io: CliIo, palette: Palette, title: string): Progress {
  return io.isInteractive ? drawnProgress(io, palette, title) : loggedProgress(io, title);
}

function drawnProgress(io: CliIo, palette: Palette, title: string): Progress {
  let drawnAt = 0;
  const draw = (text: string, isLast: boolean) => {
    const now = Date.now();
    if (!isLast && now - drawnAt < DRAW_EVERY_MS) return;
    drawnAt = now;
    const room = Math.max(20, (io.columns || 80) - title.length - 4);
    io.stderr(`${CLEAR_LINE}${palette.cyan('◆')} ${title} ${palette.dim(text.slice(0, room))}`);
  };
  draw('', true);
  return {
    update: (done, total, aside) => draw(counted(done, total, aside), done === total),
    say: (text) => draw(text, false),
    end: (text) => io.stderr(text === undefined ? CLEAR_LINE : `${CLEAR_LINE}${palette.green('✓')} ${text}\n`),
  };
}

function counted(done: number, total: number, aside = ''): string {
  const filled = total === 0 ? 0 : Math.round((done / total) * BAR_WIDTH);
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${done}/${total} ${aside}`.trimEnd();
}

function loggedProgress(io: CliIo, title: string): Progress {
  let part = 0;
  return {
    update(done, total, aside = '') {
      const reached = total === 0 ? 0 : Math.floor((done / total) * LOG_PARTS);
      if (reached <= part) return;
      part = reached;
      io.stderr(`${`${title}: ${done}/${total} ${aside}`.trimEnd()}\n`);
    },
    say: (text) => io.stderr(`${title}: ${text}\n`),
    end: (text) => {
      if (text !== undefined) io.stderr(`${text}\n`);
    },
  };
}
