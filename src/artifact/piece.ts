/** What a statement of a hybrid is put together from. */
export interface Choice {
  readonly unit: string;
  readonly baseline: string;
  readonly candidate: string;
}

/** Text that both sides have, or a place where one may stand or the other. */
export type Piece = string | Choice;

/** The statement with some of its units from the candidate. */
export function renderPieces(pieces: readonly Piece[], taken: (unit: string) => boolean): string {
  return pieces
    .map((piece) => {
      if (typeof piece === 'string') return piece;
      return taken(piece.unit) ? piece.candidate : piece.baseline;
    })
    .join('');
}

/** The units of the places. */
export function unitsIn(pieces: readonly Piece[]): string[] {
  return pieces.flatMap((piece) => (typeof piece === 'string' ? [] : [piece.unit]));
}
