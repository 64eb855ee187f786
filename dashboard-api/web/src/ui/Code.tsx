// Addresses, hashes, names of machines, raw text: always Latin, left to right, never translated.

import type { ReactNode } from 'react';

export function Code({ children, title }: { children: ReactNode; title?: string | undefined }) {
  return (
    <code dir="ltr" translate="no" lang="en" className="code" title={title}>
      {children}
    </code>
  );
}
