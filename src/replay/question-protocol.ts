/** What a process that answers one question at a time is told, and says. Everything here survives structured cloning. */

export type ToAnswerer<Options, Question> =
  /** Comes first. */
  { readonly kind: 'options'; readonly options: Options } | { readonly kind: 'question'; readonly question: Question };

export type FromAnswerer<Answer> =
  /** Everything is loaded; from here on it answers at once. */
  | { readonly kind: 'ready' }
  /** It is at a further part of the question, which has the time of a whole one. */
  | { readonly kind: 'part' }
  | { readonly kind: 'answer'; readonly answer: Answer };
