/** Edits of the workflows, and what a replay says of each. */

const KID = "{ args: [how], workflowId: nameOf('kid'), cancellationType }";
const kidWith = (type: string) => KID.replace('cancellationType', `cancellationType: '${type}'`);
const TYPE = '    cancellationType,\n    ...options,';
const workWith = (type: string) => TYPE.replace('cancellationType,', `cancellationType: '${type}',`);

interface Found {
  readonly kind: string;
  readonly step: string;
  readonly differences?: readonly object[];
}

export const CHANGES: readonly (readonly [scenario: string, file: string, from: string, to: string, found: Found])[] = [
  ['cancelsKid, TRY_CANCEL, hangs', 'children', KID, kidWith('ABANDON'), { kind: 'missing', step: 'cancel:kid#1' }],
  ['cancelsKid, ABANDON, hangs', 'children', KID, kidWith('TRY_CANCEL'), { kind: 'extra', step: 'cancel:kid#1' }],
  [
    'cancelsKid, WAIT_CANCELLATION_COMPLETED, finishes',
    'children',
    KID,
    kidWith('TRY_CANCEL'),
    { kind: 'end', step: 'end' },
  ],
  [
    'kidIsThere',
    'children',
    "{ args: ['hangs'], workflowId })",
    "{ args: ['hangs'], workflowId: nameOf('other') })",
    { kind: 'order', step: 'kid#2' },
  ],
  [
    'cancelsUnsentKid',
    'children',
    '  scope.cancel();\n  return begun',
    '  return begun',
    { kind: 'extra', step: 'kid#1' },
  ],
  [
    'signalsGoneKid',
    'children',
    'kid.signal(goOn)',
    "kid.signal('goAway')",
    { kind: 'extra', step: 'signal:goAway#1' },
  ],
  ['givesUp, TRY_CANCEL, completes', 'work', TYPE, workWith('ABANDON'), { kind: 'missing', step: 'cancel:later#1' }],
  ['givesUp, ABANDON, completes', 'work', TYPE, workWith('TRY_CANCEL'), { kind: 'extra', step: 'cancel:later#1' }],
  [
    'givesUp, WAIT_CANCELLATION_COMPLETED, completes',
    'work',
    TYPE,
    workWith('TRY_CANCEL'),
    { kind: 'end', step: 'end' },
  ],
  [
    'worksLocally, timed out',
    'work',
    '[type](1_000).catch(explain)',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the source text of the workflow
    '[type](1_000).catch((error: Error) => `${error.name} ${error.cause}`)',
    { kind: 'end', step: 'end' },
  ],
  [
    'writesToNobody',
    'messages',
    'nobody-of-this-name',
    'nobody-of-that-name',
    { kind: 'request', step: 'signal:word#1', differences: [{ pointer: '/workflowId' }] },
  ],
  [
    'writesToNobody',
    'messages',
    "await nobody.cancel().then(() => 'cancelled', explain)",
    "await getExternalWorkflowHandle('somebody').cancel().then(() => 'cancelled', explain)",
    { kind: 'request', step: 'cancel#1', differences: [{ pointer: '/workflowId' }] },
  ],
  ['takesBack', 'messages', '  unsent.cancel();\n', '', { kind: 'request', step: 'signal:word#1' }],
  ['answers', 'messages', "'put failed'", "'put refused'", { kind: 'request', step: 'update:completed#2' }],
  ['refusesToEnd', 'messages', "greet('still here')", "greet('here')", { kind: 'request', step: 'greet#1' }],
];

/** Edits that a history does not tell apart, as the list of what is not compared says. */
export const UNTOLD: readonly (readonly [scenario: string, file: string, from: string, to: string])[] = [
  ['cancelsKid, WAIT_CANCELLATION_COMPLETED, finishes', 'children', KID, kidWith('WAIT_CANCELLATION_REQUESTED')],
  ['givesUpLocally, TRY_CANCEL, dawdle at once', 'work', '  scope.cancel();\n  return `', '  return `'],
];
