// Buttons, with the key that does the same written on them.

import type { ReactNode } from 'react';
import { Button as AriaButton, type ButtonProps } from 'react-aria-components/Button';
import { written, type Binding } from '../keys/map';
import { useSettings } from '../settings/settings';
import { Icon, type IconName } from './Icon';

type Base = Omit<ButtonProps, 'children' | 'className' | 'render'>;

interface Props extends Base {
  children: ReactNode;
  kind?: 'plain' | 'primary' | 'quiet' | 'danger';
  icon?: IconName;
  /** The key that presses it: of the key table, or as written on the keyboard. */
  shortcut?: Binding | string | undefined;
}

export function Button({ children, kind = 'plain', icon, shortcut, ...props }: Props) {
  return (
    <AriaButton {...props} className={`button button-${kind}`}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
      {shortcut && <Shortcut keys={shortcut} />}
    </AriaButton>
  );
}

/** A button that is only a sign; its label is its name and its tooltip. */
export function IconButton({ icon, label, ...props }: Base & { icon: IconName; label: string }) {
  return (
    <AriaButton
      {...props}
      aria-label={label}
      className="button button-quiet button-icon"
      render={(dom) => <button {...dom} title={label} />}
    >
      <Icon name={icon} />
    </AriaButton>
  );
}

/** Shown only while single keys work. */
export function Shortcut({ keys }: { keys: Binding | string }) {
  const { shortcuts } = useSettings();
  return shortcuts ? (
    <kbd aria-hidden="true" translate="no">
      {typeof keys === 'string' ? keys : written(keys)}
    </kbd>
  ) : null;
}
