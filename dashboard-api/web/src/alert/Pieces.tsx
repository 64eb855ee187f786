// Text with the evidence marked in place.

import { Fragment } from 'react';
import type { Piece } from './highlight';

export function Pieces({ pieces }: { pieces: Piece[] }) {
  return pieces.map(({ text, isValue }, index) =>
    isValue ? <mark key={index}>{text}</mark> : <Fragment key={index}>{text}</Fragment>,
  );
}
