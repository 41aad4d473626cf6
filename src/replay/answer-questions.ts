/** A process that answers one question at a time, from inside; who asks is `questioner.ts`. */
import { confine } from './confine.ts';
import type { FromAnswerer, ToAnswerer } from './question-protocol.ts';

/** @param onPart to be called where a further part of the question begins, which has the time of a whole one */
export type Answering<Question, Answer> = (question: Question, onPart: () => void) => Promise<Answer>;

/**
 * Confines this process (`confine.ts`) and answers from then on. Irrevocable; call it after everything of ours is imported.
 *
 * @param open makes what answers of the options that it gets first. It never rejects: what is thrown ends the process.
 */
export function answerQuestions<Options, Question, Answer>(
  open: (options: Options) => Answering<Question, Answer>,
): void {
  let answering: Answering<Question, Answer> | undefined;
  const say = confine<FromAnswerer<Answer>, ToAnswerer<Options, Question>>({
    hear: (message) => {
      if (message.kind === 'options') answering = open(message.options);
      else if (answering === undefined) throw new Error('The options come first.');
      else void answering(message.question, onPart).then((answer) => say({ kind: 'answer', answer }));
    },
  });
  const onPart = () => void say({ kind: 'part' });
  void say({ kind: 'ready' });
}
