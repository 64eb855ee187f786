// All that somebody sees whose role asks for a second factor and who has none yet.

import { useEffect } from 'react';
import { LanguageSwitch } from '../frame/LanguageSwitch';
import { useI18n } from '../i18n/i18n';
import { useSession } from '../session/session';
import { Button } from '../ui/Button';
import { SecondFactor } from './SecondFactor';

export function MustEnrol() {
  const { t } = useI18n();
  const { actions } = useSession();
  useEffect(() => {
    document.title = t('governance.page', { product: t('common.product') });
  }, [t]);
  return (
    <main className="login">
      <div className="login-card">
        <LanguageSwitch />
        <h1>{t('governance.mustEnrol')}</h1>
        <SecondFactor />
        <Button onPress={() => void actions.signOut()}>{t('person.signOut')}</Button>
      </div>
    </main>
  );
}
