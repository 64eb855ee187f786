// Who is signed in, what they see, and how they like it.

import { useState } from 'react';
import { Button as AriaButton } from 'react-aria-components/Button';
import { Dialog as AriaDialog, DialogTrigger } from 'react-aria-components/Dialog';
import { Popover } from 'react-aria-components/Popover';
import { useI18n, type Key } from '../i18n/i18n';
import { address, go } from '../route/route';
import { useMe, useSession } from '../session/session';
import { changeSettings, useSettings, type Settings } from '../settings/settings';
import { Button } from '../ui/Button';
import { Code } from '../ui/Code';
import { Icon } from '../ui/Icon';
import { PasswordDialog } from './PasswordDialog';

export function PersonMenu() {
  const { t } = useI18n();
  const { actions } = useSession();
  const me = useMe();
  const [password, setPassword] = useState(false);
  return (
    <>
      <DialogTrigger>
        <AriaButton
          className="button button-quiet person"
          aria-label={t('person.label', { name: me.display_name })}
        >
          <Icon name="user" />
          <span className="person-name">{me.display_name}</span>
        </AriaButton>
        <Popover className="popover" placement="bottom end">
          <AriaDialog className="person-menu" aria-label={t('person.menu')}>
            {({ close }) => (
              <>
                <Who />
                <Preferences />
                <div className="person-actions">
                  {!me.by_provider && (
                    <Button
                      onPress={() => {
                        close();
                        setPassword(true);
                      }}
                    >
                      {t(me.has_password ? 'password.change' : 'password.set')}
                    </Button>
                  )}
                  <Button
                    onPress={() => {
                      close();
                      go(address('/governance', 'part=keys'));
                    }}
                  >
                    {t('person.keys')}
                  </Button>
                  <Button onPress={() => void actions.signOut()}>{t('person.signOut')}</Button>
                </div>
              </>
            )}
          </AriaDialog>
        </Popover>
      </DialogTrigger>
      {password && <PasswordDialog onClose={() => setPassword(false)} />}
    </>
  );
}

function Who() {
  const { t } = useI18n();
  const me = useMe();
  return (
    <div className="person-who">
      <strong>{me.display_name}</strong>
      <Code>{me.user}</Code>
      <p className="quiet">
        {t('person.agencies')}{' '}
        {me.agencies.includes('*') ? t('person.allAgencies') : <Code>{me.agencies.join(', ')}</Code>}
      </p>
    </div>
  );
}

type Choice<Name extends keyof Settings> = {
  name: Name;
  label: Key;
  options: { value: Settings[Name]; label: Key }[];
};

const THEME: Choice<'theme'> = {
  name: 'theme',
  label: 'settings.theme',
  options: [
    { value: 'system', label: 'settings.theme.system' },
    { value: 'light', label: 'settings.theme.light' },
    { value: 'dark', label: 'settings.theme.dark' },
  ],
};
const DENSITY: Choice<'density'> = {
  name: 'density',
  label: 'settings.density',
  options: [
    { value: 'compact', label: 'settings.density.compact' },
    { value: 'comfortable', label: 'settings.density.comfortable' },
  ],
};
const DIGITS: Choice<'digits'> = {
  name: 'digits',
  label: 'settings.digits',
  options: [
    { value: 'latin', label: 'settings.digits.latin' },
    { value: 'bangla', label: 'settings.digits.bangla' },
  ],
};
const CALENDAR: Choice<'calendar'> = {
  name: 'calendar',
  label: 'settings.calendar',
  options: [
    { value: 'gregorian', label: 'settings.calendar.gregorian' },
    { value: 'bangla', label: 'settings.calendar.bangla' },
  ],
};
const SHORTCUTS: Choice<'shortcuts'> = {
  name: 'shortcuts',
  label: 'settings.shortcuts',
  options: [
    { value: true, label: 'settings.on' },
    { value: false, label: 'settings.off' },
  ],
};

function Preferences() {
  const { language } = useI18n();
  return (
    <div className="preferences">
      <Preference {...THEME} />
      <Preference {...DENSITY} />
      {language === 'bn' && <Preference {...DIGITS} />}
      <Preference {...CALENDAR} />
      <Preference {...SHORTCUTS} />
    </div>
  );
}

function Preference<Name extends keyof Settings>({ name, label, options }: Choice<Name>) {
  const { t } = useI18n();
  const settings = useSettings();
  return (
    <div role="group" aria-label={t(label)} className="preference">
      <span>{t(label)}</span>
      <div className="switch">
        {options.map((option) => (
          <button
            key={String(option.value)}
            type="button"
            aria-pressed={settings[name] === option.value}
            onClick={() => changeSettings({ [name]: option.value })}
          >
            {t(option.label)}
          </button>
        ))}
      </div>
    </div>
  );
}
