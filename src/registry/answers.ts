/** Answers of models and reads that replays asked for anew: a cache by the content of the question. Sealed, no evidence, and deletable. */
import * as z from 'zod';
import { appendAudit } from './audit.ts';
import type { RegistryContext } from './context.ts';
import { gunzippedText, gzipped } from './gzip.ts';
import { type KeyUse, readKeyUse } from './key-use.ts';
import { opaqueText } from './opaque.ts';
import { bytesColumn, storedInstant, timestampColumn } from './rows.ts';

/** An answer as it is kept. The question is in the key alone, as a digest. */
export interface KeptAnswer {
  readonly key: string;
  readonly mission: string;
  readonly kind: 'model' | 'tool';
  /** Of the prompt or the tool. */
  readonly name: string;
  /** JSON that the registry keeps and does not read. */
  readonly answer: unknown;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

const totalRow = z.object({
  mission: z.string(),
  kind: z.enum(['model', 'tool']),
  name: z.string(),
  answers: z.coerce.number(),
  bytes: z.coerce.number(),
  inputTokens: z.coerce.number(),
  outputTokens: z.coerce.number(),
  oldest: timestampColumn,
  newest: timestampColumn,
});

/** The kept answers of one prompt or tool, added up. */
export type AnswerTotal = Readonly<z.infer<typeof totalRow>>;

export interface AnswerFilter {
  readonly mission?: string | undefined;
  /** Asked before this instant, ISO 8601. */
  readonly before?: string | undefined;
}

export interface Answers {
  /** @throws MissionError `ENCRYPTION_KEY_MISSING`, `ENCRYPTED_DATA_INVALID` when it is kept and cannot be opened. */
  find(key: string): Promise<unknown>;
  /** Keeps an answer, unless there is one: the first stays. Returns the one that is kept. */
  keep(answer: KeptAnswer): Promise<unknown>;
  /** What is kept, by mission, kind and name. */
  totals(filter?: AnswerFilter): Promise<readonly AnswerTotal[]>;
  /** Deletes answers, and says so in the audit trail. @returns how many */
  remove(filter?: AnswerFilter): Promise<number>;
  keyUse(): Promise<readonly KeyUse[]>;
  /**
   * Seals with the active key what another one sealed, or none; returns how many.
   *
   * @throws MissionError `ENCRYPTION_KEY_MISSING` when one cannot be opened.
   */
  reseal(): Promise<number>;
}

const WHERE = 'WHERE ($1::text IS NULL OR mission = $1) AND ($2::timestamptz IS NULL OR asked_at < $2)';

export function createAnswers(context: RegistryContext): Answers {
  const { sql, vault } = context;
  const find = async (key: string): Promise<unknown> => {
    const [row] = await sql.query('SELECT answer FROM mission.answers WHERE key = $1', [key]);
    if (row === undefined) return undefined;
    return JSON.parse(await gunzippedText(vault.open(bytesColumn.parse(row['answer']), placeOf(key))));
  };
  return {
    find,
    keep: async ({ key, mission, kind, name, answer, inputTokens, outputTokens }) => {
      const content = await gzipped(opaqueText(answer, `The answer to ${name}`));
      const rows = await sql.query(
        `INSERT INTO mission.answers (key, mission, kind, name, answer, input_tokens, output_tokens, asked_at, key_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (key) DO NOTHING RETURNING key`,
        [
          key,
          mission,
          kind,
          name,
          vault.seal(content, placeOf(key)),
          inputTokens,
          outputTokens,
          context.clock(),
          vault.keyId,
        ],
      );
      return rows.length > 0 ? answer : ((await find(key)) ?? answer);
    },
    totals: async (filter = {}) => {
      const rows = await sql.query(
        `SELECT mission, kind, name, count(*) AS answers, sum(length(answer)) AS bytes,
           sum(input_tokens) AS "inputTokens", sum(output_tokens) AS "outputTokens",
           min(asked_at) AS oldest, max(asked_at) AS newest
         FROM mission.answers ${WHERE} GROUP BY mission, kind, name ORDER BY mission, kind, name`,
        paramsOf(filter),
      );
      return rows.map((row) => totalRow.parse(row));
    },
    remove: (filter = {}) =>
      sql.transaction(async (session) => {
        const rows = await session.query(`DELETE FROM mission.answers ${WHERE} RETURNING key`, paramsOf(filter));
        const details = { answers: rows.length, before: filter.before ?? null };
        if (rows.length > 0)
          await appendAudit(session, context, [{ action: 'answers.remove', subject: filter.mission ?? '*', details }]);
        return rows.length;
      }),
    keyUse: () => readKeyUse(sql, 'answers'),
    reseal: () => reseal(context),
  };
}

/** For the vault. */
function placeOf(key: string): string {
  return `answer/${key}`;
}

async function reseal({ sql, vault }: RegistryContext): Promise<number> {
  const rows = await sql.query('SELECT key FROM mission.answers WHERE key_id IS DISTINCT FROM $1 ORDER BY key', [
    vault.keyId,
  ]);
  let count = 0;
  for (const row of rows) {
    const key = String(row['key']);
    const [found] = await sql.query('SELECT answer FROM mission.answers WHERE key = $1', [key]);
    if (found === undefined) continue;
    const sealed = vault.seal(vault.open(bytesColumn.parse(found['answer']), placeOf(key)), placeOf(key));
    // Rows are never changed: this one goes, and is there again with all else as it was.
    const put = await sql.query(
      `WITH old AS (DELETE FROM mission.answers WHERE key = $1 AND key_id IS DISTINCT FROM $3
         RETURNING key, mission, kind, name, input_tokens, output_tokens, asked_at)
       INSERT INTO mission.answers (key, mission, kind, name, input_tokens, output_tokens, asked_at, answer, key_id)
       SELECT old.*, $2::bytea, $3::text FROM old RETURNING key`,
      [key, sealed, vault.keyId],
    );
    count += put.length;
  }
  return count;
}

function paramsOf({ mission, before }: AnswerFilter) {
  return [mission ?? null, before === undefined ? null : storedInstant(before)];
}
