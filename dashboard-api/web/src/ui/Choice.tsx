// Choosing one of few, and some of few.

import type { ReactNode } from 'react';
import { Button as AriaButton } from 'react-aria-components/Button';
import { ListBox, ListBoxItem } from 'react-aria-components/ListBox';
import { Menu, MenuItem, MenuTrigger } from 'react-aria-components/Menu';
import { Popover } from 'react-aria-components/Popover';
import { Select, SelectValue } from 'react-aria-components/Select';
import { Icon } from './Icon';

export interface Option<T extends string> {
  id: T;
  name: string;
  /** What is drawn instead of the name, if it is more than text. */
  shown?: ReactNode;
}

interface OneProps<T extends string> {
  label: string;
  value: T;
  options: readonly Option<T>[];
  onChange: (value: T) => void;
  /** The option that narrows nothing: while it is chosen, the button says what it is for. */
  unset: T;
}

/** One of few: a select whose list is styled and translated. */
export function ChooseOne<T extends string>({ label, value, options, onChange, unset }: OneProps<T>) {
  return (
    <Select
      aria-label={label}
      value={value}
      onChange={(key) => key !== null && onChange(key as T)}
      className="choice"
      data-active={value !== unset || undefined}
    >
      <AriaButton className="button button-choice">
        <SelectValue>{({ defaultChildren }) => (value === unset ? label : defaultChildren)}</SelectValue>
        <Icon name="down" />
      </AriaButton>
      <Popover className="popover">
        <ListBox className="list" items={options}>
          {(option) => (
            <ListBoxItem id={option.id} textValue={option.name} className="list-item">
              {({ isSelected }) => <OptionBody isSelected={isSelected} shown={option.shown ?? option.name} />}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </Select>
  );
}

interface SomeProps<T extends string> {
  label: string;
  /** What the button says: the choice in words. */
  summary: string;
  values: readonly T[];
  options: readonly Option<T>[];
  onChange: (values: T[]) => void;
  active?: boolean;
}

/** Some of few: a menu of check boxes that stays open. */
export function ChooseSome<T extends string>({
  label,
  summary,
  values,
  options,
  onChange,
  active,
}: SomeProps<T>) {
  return (
    <MenuTrigger>
      <AriaButton
        className="button button-choice"
        data-active={active || undefined}
        aria-label={`${label}: ${summary}`}
      >
        <span>{summary}</span>
        <Icon name="down" />
      </AriaButton>
      <Popover className="popover">
        <Menu
          className="list"
          aria-label={label}
          items={options}
          selectionMode="multiple"
          selectedKeys={values}
          onSelectionChange={(keys) =>
            onChange(options.map(({ id }) => id).filter((id) => keys === 'all' || keys.has(id)))
          }
        >
          {(option) => (
            <MenuItem id={option.id} textValue={option.name} className="list-item">
              {({ isSelected }) => <OptionBody isSelected={isSelected} shown={option.shown ?? option.name} />}
            </MenuItem>
          )}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

function OptionBody({ isSelected, shown }: { isSelected: boolean; shown: ReactNode }) {
  return (
    <>
      <span className="list-tick">{isSelected && <Icon name="check" />}</span>
      <span>{shown}</span>
    </>
  );
}
