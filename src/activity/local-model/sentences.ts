/**
 * Cuts instructions into sentences. Where lines break does not matter, unless a line begins something: a bullet, a
 * heading, a blank line, or a word that opens a rule.
 */
import { decisionIn } from './verdict-words.ts';

const BULLET = /^\s*(?:[-*•]|\d+[.)])\s+/;
const HEADING = /^\s*#/;
const OPENER =
  /^\s*(?:If|When|Whenever|Unless|Otherwise|Always|Never|Do not|Don't|Approve|Deny|Reject|Accept|Refuse|Decline|Grant|Treat|Route|Assign|Set|Mark|Classify|Escalate|During|For|In|By default|Write|Mention|Answer|Sign)\b/;

interface Block {
  readonly text: string;
  readonly bullet: boolean;
}

/** The sentences of a text, in order; items of a list that only name conditions are joined with the line above them. */
export function sentencesOf(instructions: string): string[] {
  const sentences: string[] = [];
  let intro: string | undefined;
  let pending: string[] = [];
  const flush = () => {
    if (intro !== undefined) sentences.push(...joinList(intro, pending));
    intro = undefined;
    pending = [];
  };
  for (const { text, bullet } of blocksOf(instructions)) {
    if (intro !== undefined && bullet) {
      pending.push(text);
      continue;
    }
    flush();
    const parts = splitSentences(text);
    if (parts.at(-1)?.endsWith(':') === true) intro = parts.pop();
    sentences.push(...parts);
  }
  flush();
  return sentences.filter((sentence) => sentence !== '');
}

function blocksOf(instructions: string): Block[] {
  const blocks: { text: string; bullet: boolean }[] = [];
  let open = false;
  for (const line of instructions.split('\n')) {
    const text = line.replace(BULLET, '').replaceAll('**', '').trim();
    const bullet = BULLET.test(line);
    if (text === '' || HEADING.test(line)) open = false;
    else if (bullet || !open || OPENER.test(text)) {
      blocks.push({ text, bullet });
      open = true;
    } else {
      const last = blocks.at(-1);
      if (last !== undefined) last.text += ` ${text}`;
    }
  }
  return blocks;
}

function splitSentences(text: string): string[] {
  return text
    .replace(/\s+/g, ' ')
    .replace(/\be\.g\.,?/gi, 'for example')
    .replace(/\bi\.e\.,?/gi, 'that is')
    .split(/(?<=[.!?])\s+(?=["'(]?[A-Z0-9])|;\s+/)
    .map((sentence) => sentence.trim());
}

/** `Deny if any of these holds:` and its items become one statement each; with `all`, one statement together. */
function joinList(intro: string, items: readonly string[]): string[] {
  const lead = intro.slice(0, -1).trim();
  const conditions = decisionIn(lead) !== undefined && items.every((item) => decisionIn(item) === undefined);
  if (!conditions || items.length === 0)
    return [...(items.length === 0 ? [lead] : []), ...items.flatMap(splitSentences)];
  const stem = lead.replace(
    /\s*\b(?:if|when|where|in)?\s*(?:any|all|one|each|either)?(?:\s+of)?(?:\s+the)?\s*(?:following|these)?(?:\s+(?:cases|conditions))?(?:\s+(?:holds?|applies|apply|is true|are true|are met))?$/i,
    '',
  );
  const bare = items.map((item) => item.replace(/[.,;]$|,? (?:and|or)$/g, ''));
  return /\ball\b/i.test(lead) ? [`${stem} if ${bare.join(' and ')}`] : bare.map((item) => `${stem} if ${item}`);
}
