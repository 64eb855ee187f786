// A link within the app: a real address, followed without loading the page anew.

import type { MouseEvent, ReactNode } from 'react';
import { go } from '../route/route';

interface Props {
  to: string;
  children: ReactNode;
  className?: string;
  current?: boolean;
  title?: string | undefined;
}

export function Link({ to, children, className, current, title }: Props) {
  const follow = (event: MouseEvent) => {
    // A new tab or window is the browser's to open.
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a
      href={to}
      onClick={follow}
      className={className}
      aria-current={current ? 'page' : undefined}
      title={title}
    >
      {children}
    </a>
  );
}
