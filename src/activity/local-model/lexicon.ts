/**
 * What words mean to the local model: groups of phrases that say the same thing, and words that say nothing about a case.
 * A word of no group means itself, so that instructions about subjects unknown here work too, without synonyms.
 */
import { BREAK, wordsOf } from './words.ts';

/** Concept → phrases; `!` marks a phrase that denies the concept. */
const CONCEPTS: Readonly<Record<string, string>> = {
  damaged:
    'damaged, broken, cracked, crack, shattered, smashed, dented, dent, torn, ripped, scratched, scratch, crushed, chipped, bent, in pieces, snapped, in one piece !, undamaged !, intact !, !',
  defective:
    'defective, defect, faulty, malfunction, malfunctioning, not work, not working, stopped working, not turn on, not switch on, not start, not charge, dead on arrival, does nothing',
  wrong:
    'wrong, incorrect, not what i ordered, mixed up, mix-up, someone else order, sent by mistake, different one, different colour, different color, different size, different model, instead of the one',
  'changed mind':
    'changed mind, change of mind, changed my mind, changed their mind, changed her mind, changed his mind, no longer want, no longer need, not want it, not need it, not want them, do not like, does not suit, second thoughts, regret, by mistake, found it cheaper, looks different at home',
  late: 'late, later than promised, delayed, delay, overdue, not on time, not arrive on time, not in time, missed the date, weeks after, behind schedule',
  missing: 'missing, never arrived, not arrived, not arrive, never received, not received, lost in transit, lost',
  'final sale': 'final sale, clearance, closing sale, sold as final',
  gift: 'gift, as a present, birthday present, christmas present',
  used: 'used, worn, washed, unused !, unworn !',
  opened: 'opened, unsealed, unopened !, sealed !',
  urgent: 'urgent, urgently, asap, as soon as possible, immediately, emergency, critical, right away, at once',
  outage: 'outage, is down, are down, was down, went down, unavailable, offline, unreachable, not reach, not load',
  login: 'login, log in, logging in, sign in, password, locked out, two factor, account access',
  billing: 'billing, bill, invoice, charged, payment, credit card, direct debit, subscription fee',
  bug: 'bug, crash, crashes, crashed, error, exception, stack trace, freezes',
  security: 'security, breach, hacked, phishing, vulnerability, leaked credentials',
  feature: 'feature request, feature, would be great, suggestion, please add, could you add',
  fraud: 'fraud, fraudulent, scam, suspicious, chargeback, forged',
  stolen: 'stolen, theft, burglary, stole, robbed, broken into, break-in',
  water: 'flood, flooded, flooding, leak, leaking, burst pipe, water damage, water',
  fire: 'fire, burnt, burned, smoke',
  injured: 'injured, injury, hurt, hospital, medical treatment, bodily harm',
  prior: 'prior, previous, previously, past, earlier, already, before',
  money: 'amount, total, price, cost, value, sum, worth',
  promotion: 'promotion, promotional period, promo, campaign, sales event',
  window: 'return window, window, return period, refund period, claim period, deadline, time limit, notice period',
  delivered: 'delivered, delivery, arrived, arrival, received, receipt date',
  bought: 'bought, purchased, purchase, ordered',
  premium: 'premium, vip, gold, platinum, loyal, loyalty',
  income: 'income, salary, earnings, earns, earn',
  debt: 'debt, liabilities, owes, owe, indebted',
  employed: 'employed, employment, has a job, unemployed !',
  bankrupt: 'bankrupt, bankruptcy, insolvent, insolvency',
};

/** Words that name the case itself, or say nothing: a condition is about what is left. */
const EMPTY_WORDS =
  'a an the this that these those it its they them their he she his her you your we our us i my me one who whom which what of to in on at by for from with as and or is are was were be been being am has have had do does did will would shall should can could may might must not no than then so also too very just only even still yet there here any some all each every both either other such same own if when whether item product good thing article customer buyer client person people user applicant claimant someone anyone order request case claim ticket application refund return message text letter email reason full part money back say says said tell mention claim report state describe write ask want send sent receive arrive deliver get got give make take come go show contain happen bring put keep result following applies apply true holds hold clear really please kind about regarding concerning because due out up into under over';

const EMPTY = new Set(wordsOf(EMPTY_WORDS));
const NEGATIONS = new Set(['not', 'no', 'never', 'without', 'nor', 'neither', 'non', 'nothing', 'none']);
/** How far a negation reaches, in words. */
const NEGATION_REACH = 3;

interface Phrase {
  readonly words: readonly string[];
  readonly concept: string;
  readonly denies: boolean;
}

const PHRASES = phrasesByFirstWord();

function phrasesByFirstWord(): ReadonlyMap<string, readonly Phrase[]> {
  const byFirst = new Map<string, Phrase[]>();
  for (const [concept, phrases] of Object.entries(CONCEPTS)) {
    for (const phrase of phrases.split(', ')) {
      const words = wordsOf(phrase).filter((word) => word !== BREAK);
      const [first] = words;
      if (first === undefined) continue;
      byFirst.set(first, [...(byFirst.get(first) ?? []), { words, concept, denies: phrase.endsWith('!') }]);
    }
  }
  for (const list of byFirst.values()) list.sort((a, b) => b.words.length - a.words.length);
  return byFirst;
}

/** One thing that a text speaks of, and whether it denies it. */
export interface Mention {
  readonly concept: string;
  readonly denied: boolean;
}

/** What a list of words speaks of, in order. Words that say nothing are left out. */
function mentionsIn(words: readonly string[]): Mention[] {
  const mentions: Mention[] = [];
  let deniedUntil = -1;
  for (let at = 0; at < words.length; ) {
    const word = words[at] as string;
    const phrase = PHRASES.get(word)?.find((candidate) => candidate.words.every((part, i) => words[at + i] === part));
    if (phrase !== undefined) {
      mentions.push({ concept: phrase.concept, denied: phrase.denies !== at <= deniedUntil });
      at += phrase.words.length;
      continue;
    }
    if (word === BREAK || word === 'but') deniedUntil = -1;
    else if (NEGATIONS.has(word)) deniedUntil = at + NEGATION_REACH;
    else if (!EMPTY.has(word)) mentions.push({ concept: word, denied: at <= deniedUntil });
    at += 1;
  }
  return mentions;
}

/** They say which number is meant, and nothing that could be true or false of a case: everything was ordered and arrived. */
const MEASURES = new Set(['delivered', 'bought', 'money']);

/** What a list of words claims: {@link mentionsIn} without the words that only say what is measured. */
export function claimsIn(words: readonly string[]): Mention[] {
  return mentionsIn(words).filter(({ concept }) => !MEASURES.has(concept));
}

/** What a list of words speaks of, whether denied or not. */
export function conceptsIn(words: readonly string[]): Set<string> {
  return new Set(mentionsIn(words).map(({ concept }) => concept));
}

/** Whether a word turns what follows into its opposite. */
export function isNegation(word: string): boolean {
  return NEGATIONS.has(word);
}
