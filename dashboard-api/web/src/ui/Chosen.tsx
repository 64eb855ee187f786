// A choice within a form, with its name above it as a field has it.

import type { ReactNode } from 'react';

export function Chosen({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="grants">
      {/* The choice says its name itself. */}
      <span className="field-label" aria-hidden="true">
        {label}
      </span>
      {children}
    </div>
  );
}
