// A part that can be folded away; the browser's own disclosure.

import type { ReactNode } from 'react';
import { Icon } from './Icon';

export function Fold({
  title,
  aside,
  open,
  children,
}: {
  title: string;
  aside?: ReactNode;
  open?: boolean;
  children: ReactNode;
}) {
  return (
    <details className="fold" open={open}>
      <summary>
        <Icon name="right" />
        <span>{title}</span>
        {aside && <span className="fold-aside">{aside}</span>}
      </summary>
      {children}
    </details>
  );
}
