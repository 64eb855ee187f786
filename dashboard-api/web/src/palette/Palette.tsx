// Going anywhere and doing anything by name: Ctrl-K.

import { useState } from 'react';
import { Autocomplete, useFilter } from 'react-aria-components/Autocomplete';
import { Input } from 'react-aria-components/Input';
import { Menu, MenuItem } from 'react-aria-components/Menu';
import { SearchField } from 'react-aria-components/SearchField';
import { useI18n } from '../i18n/i18n';
import { PAGE_NAMES, PAGES, type PageRow } from '../pages';
import { address, alertAddress, go } from '../route/route';
import { useMe, useSession } from '../session/session';
import { changeSettings, useSettings } from '../settings/settings';
import { Dialog } from '../ui/Dialog';
import { Icon } from '../ui/Icon';

interface Command {
  id: string;
  name: string;
  /** Shown whatever is typed: it is about what is typed. */
  always?: boolean;
  run: () => void;
}

/** An alert's id, as it is copied from a page or a report. */
const ALERT_ID = /^[0-9a-f]{16,64}$/;

export default function Palette({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const [text, setText] = useState('');
  const { contains } = useFilter({ sensitivity: 'base' });
  const commands = useCommands(text.trim());
  return (
    <Dialog title={t('palette.title')} onClose={onClose}>
      <Autocomplete
        inputValue={text}
        onInputChange={setText}
        filter={(name, typed, node) =>
          contains(name, typed) || commands.some(({ id, always }) => id === node.key && always === true)
        }
      >
        {/* Who presses Ctrl-K means to type. */}
        {/* oxlint-disable-next-line jsx-a11y/no-autofocus */}
        <SearchField aria-label={t('palette.box')} autoFocus className="search-box">
          <Icon name="search" />
          <Input placeholder={t('palette.box')} spellCheck={false} />
        </SearchField>
        <Menu
          className="list palette"
          aria-label={t('palette.title')}
          items={commands}
          renderEmptyState={() => <p className="quiet">{t('palette.none')}</p>}
          onAction={(key) => {
            onClose();
            commands.find(({ id }) => id === key)?.run();
          }}
        >
          {({ id, name }) => (
            <MenuItem id={id} textValue={name} className="list-item">
              {name}
            </MenuItem>
          )}
        </Menu>
      </Autocomplete>
    </Dialog>
  );
}

function useCommands(text: string): Command[] {
  const { t } = useI18n();
  const { permissions } = useMe();
  const { actions } = useSession();
  const { language, theme } = useSettings();
  const may = (permission: string) => permissions.includes(permission);
  const pages = PAGE_NAMES.flatMap((name): Command[] => {
    const { bar, path }: PageRow = PAGES[name];
    if (!bar || !may(bar.needs)) return [];
    return [{ id: name, name: t('palette.goTo', { page: t(bar.label) }), run: () => go(`/${path}`) }];
  });
  const asked = new URLSearchParams({ q: text }).toString();
  const found: Command[] = [
    {
      id: 'alert',
      name: t('palette.alert', { id: text }),
      always: true,
      run: () => go(alertAddress(text, '')),
    },
    {
      id: 'events',
      name: t('palette.events', { text }),
      always: true,
      run: () => go(address('/search', asked)),
    },
    {
      id: 'alerts',
      name: t('palette.alerts', { text }),
      always: true,
      run: () => go(address('/alerts', asked)),
    },
  ];
  const wanted = found.filter(
    ({ id }) =>
      text !== '' &&
      (id === 'alert' ? ALERT_ID.test(text) : may(id === 'events' ? 'read_events' : 'read_alerts')),
  );
  return [
    ...pages,
    {
      id: 'language',
      name: t(language === 'bn' ? 'palette.english' : 'palette.bangla'),
      run: () => changeSettings({ language: language === 'bn' ? 'en' : 'bn', languageChosen: true }),
    },
    {
      id: 'theme',
      name: t(theme === 'dark' ? 'palette.light' : 'palette.dark'),
      run: () => changeSettings({ theme: theme === 'dark' ? 'light' : 'dark' }),
    },
    { id: 'sign-out', name: t('person.signOut'), run: () => void actions.signOut() },
    // Last, so that Enter after a page's name goes to the page.
    ...wanted,
  ];
}
