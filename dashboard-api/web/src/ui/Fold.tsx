// A part that can be folded away, with room beside its title for controls of its own.

import { useId, useState, type ReactNode } from 'react';
import { Icon } from './Icon';

interface Props {
  title: string;
  aside?: ReactNode;
  open?: boolean;
  children: ReactNode;
}

export function Fold({ title, aside, open = false, children }: Props) {
  const [isOpen, setOpen] = useState(open);
  const body = useId();
  return (
    <div className="fold">
      <div className="fold-head">
        <button type="button" aria-expanded={isOpen} aria-controls={body} onClick={() => setOpen(!isOpen)}>
          <Icon name={isOpen ? 'down' : 'right'} />
          <span>{title}</span>
        </button>
        {aside && <span className="fold-aside">{aside}</span>}
      </div>
      <div id={body} hidden={!isOpen}>
        {isOpen && children}
      </div>
    </div>
  );
}
