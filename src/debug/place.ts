/**
 * Names of steps and events in a chain. Every link has steps of the same ids, and events of the same numbers; those of later links carry the
 * link's number, as they do in traces: `assess#1/2`, `event:12/2`.
 */

/** @param link of the continue-as-new chain, from 0 */
export function nameInLink(id: string, link: number): string {
  return link === 0 ? id : `${id}/${link + 1}`;
}

/** The id in a name. */
export function idInLink(name: string, link: number): string {
  const suffix = `/${link + 1}`;
  return link > 0 && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name;
}

/** What somebody typed: `assess`, `assess#1/2`, `event:12/1`. */
export interface Typed {
  readonly id: string;
  /** From 0; `undefined` when no link is named. */
  readonly link: number | undefined;
}

export function readTyped(text: string): Typed {
  const [, id = text, link] = /^(.+)\/([1-9]\d*)$/.exec(text) ?? [];
  return { id, link: link === undefined ? undefined : Number(link) - 1 };
}

/** The number of the event that an id means. */
export function eventIn(id: string): number | undefined {
  const [, number] = /^event:(\d+)$/.exec(id) ?? [];
  return number === undefined ? undefined : Number(number);
}

/** Of what is in several links, the one of the link that was named, else of the link where one stands, else the first. */
export function inLink<Found extends { readonly link: number }>(
  found: readonly Found[],
  named: number | undefined,
  here: number,
): Found | undefined {
  if (named !== undefined) return found.find(({ link }) => link === named);
  return found.find(({ link }) => link === here) ?? found[0];
}

/** A step of one link. */
export interface Place {
  /** As it is shown. */
  readonly name: string;
  readonly link: number;
}

/**
 * The place that somebody means. A name that is written out means one; where its number or its link is left out, it is that of the link where one
 * stands, else the first.
 */
export function choosePlace<Found extends Place>(
  places: readonly Found[],
  target: string,
  here: number,
): Found | undefined {
  const { id: typed, link: named } = readTyped(target);
  const called = (fits: (id: string) => boolean) =>
    inLink(
      places.filter(({ name, link }) => fits(idInLink(name, link))),
      named,
      here,
    );
  return (
    places.find(({ name }) => name === target) ??
    called((id) => id === typed) ??
    called((id) => id.split('#')[0] === typed)
  );
}
