// বাং | EN, on every page from the first. Each name is written in its own language.

import { useI18n, type Key, type Language } from '../i18n/i18n';
import { useSession } from '../session/session';

const CHOICES: readonly { id: Language; short: Key; name: Key }[] = [
  { id: 'bn', short: 'language.bn.short', name: 'language.bn.name' },
  { id: 'en', short: 'language.en.short', name: 'language.en.name' },
];

export function LanguageSwitch() {
  const { t, language } = useI18n();
  const { actions } = useSession();
  return (
    <div role="group" aria-label={t('language.label')} className="switch">
      {CHOICES.map(({ id, short, name }) => (
        <button
          key={id}
          type="button"
          lang={id}
          aria-pressed={language === id}
          title={t(name)}
          onClick={() => actions.chooseLanguage(id)}
        >
          {t(short)}
        </button>
      ))}
    </div>
  );
}
