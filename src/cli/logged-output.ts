import { stripVTControlCharacters } from 'node:util';
import { isJsonObject, type Json } from '../shared/json.ts';
import type { createLogger } from '../telemetry/logger.ts';
import type { Output } from './output.ts';

type Logger = Pick<Awaited<ReturnType<typeof createLogger>>, 'info' | 'warn'>;

/** What the host would tell people, as log lines: warnings where something failed, or somebody should look. */
export function loggedOutput(output: Output, logger: Logger): Output {
  return {
    ...output,
    line(facts: Json, text) {
      const { at: _, alert, ...members } = isJsonObject(facts) ? facts : { facts, at: null, alert: false };
      const message = stripVTControlCharacters(text).replace(/^\d\d:\d\d:\d\d \S /, '');
      logger[members['error'] === undefined && alert !== true ? 'info' : 'warn'](members, message);
    },
    note: (text) => logger.info(stripVTControlCharacters(text)),
  };
}
