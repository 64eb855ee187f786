// The verbs of one alert, with their keys.

import type { AlertDetail } from '../api/types';
import { bundleAddress } from '../api/endpoints';
import { useI18n } from '../i18n/i18n';
import { ALERT_KEYS } from '../keys/map';
import { Assignee } from '../queue/columns';
import { go } from '../route/route';
import { useMe } from '../session/session';
import { AlertState } from '../ui/AlertState';
import { Button } from '../ui/Button';
import { useActions } from './actions';
import { exceptionAddress } from './exception';

export function ActionBar({ alert }: { alert: AlertDetail }) {
  const { t } = useI18n();
  const me = useMe();
  const actions = useActions();
  const targets = [alert];
  const closed = alert.state === 'closed';
  return (
    <div className="actions" role="group" aria-label={t('action.label')}>
      <span className="actions-now" role="status">
        <AlertState state={alert.state} verdict={alert.verdict} />
        <span className="actions-who">
          <Assignee name={alert.assignee} />
        </span>
      </span>
      <span className="actions-verbs">
        {actions.allowed && (
          <>
            {alert.state === 'new' && (
              <Button kind="primary" onPress={() => actions.setState(targets, 'acknowledged')}>
                {t('action.acknowledge')}
              </Button>
            )}
            {!closed && alert.state !== 'in_progress' && (
              <Button onPress={() => actions.setState(targets, 'in_progress')}>{t('action.progress')}</Button>
            )}
            {closed ? (
              <Button onPress={() => actions.setState(targets, 'in_progress')}>{t('action.reopen')}</Button>
            ) : (
              <Button onPress={() => actions.askClose(targets, null)}>{t('action.close')}</Button>
            )}
            {alert.assignee === me.user ? (
              <Button onPress={() => actions.unassign(targets)}>{t('action.unassign')}</Button>
            ) : (
              <Button onPress={() => actions.assignMe(targets)} shortcut={ALERT_KEYS.assignMe}>
                {t('action.assignMe')}
              </Button>
            )}
            {me.permissions.includes('manage_exceptions') && (
              <Button kind="quiet" onPress={() => go(exceptionAddress(alert))}>
                {t('action.exception')}
              </Button>
            )}
            {actions.allowedCases && (
              <Button onPress={() => actions.askCase(targets)} shortcut={ALERT_KEYS.case}>
                {t('action.case')}
              </Button>
            )}
          </>
        )}
        <a className="button" href={bundleAddress(alert.id)} download>
          {t('action.bundle')}
        </a>
      </span>
    </div>
  );
}
