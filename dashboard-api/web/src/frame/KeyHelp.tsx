// Every key of the page, on one sheet.

import { useI18n, type Key } from '../i18n/i18n';
import { ALERT_KEYS, EVENT_KEYS, GLOBAL_KEYS, QUEUE_KEYS, SEARCH_KEYS, type Binding } from '../keys/map';
import { useSettings } from '../settings/settings';
import { Dialog } from '../ui/Dialog';

const SHEETS: Record<'queue' | 'search', { title: Key; keys: Record<string, Binding> }[]> = {
  queue: [
    { title: 'help.queue', keys: QUEUE_KEYS },
    { title: 'help.alert', keys: ALERT_KEYS },
    { title: 'help.event', keys: EVENT_KEYS },
    { title: 'help.everywhere', keys: GLOBAL_KEYS },
  ],
  search: [
    { title: 'help.search', keys: SEARCH_KEYS },
    { title: 'help.event', keys: EVENT_KEYS },
    { title: 'help.everywhere', keys: GLOBAL_KEYS },
  ],
};

export function KeyHelp({ page, onClose }: { page: 'queue' | 'search'; onClose: () => void }) {
  const { t } = useI18n();
  const { shortcuts } = useSettings();
  return (
    <Dialog title={t('help.title')} onClose={onClose} wide>
      <p className="quiet">{t(shortcuts ? 'help.byPosition' : 'help.off')}</p>
      <div className="key-sheets">
        {SHEETS[page].map(({ title, keys }) => (
          <section key={title}>
            <h3>{t(title)}</h3>
            <dl className="keys">
              {Object.values(keys).map((binding) => (
                <div key={binding.label}>
                  <dt>
                    <kbd translate="no">{binding.shown}</kbd>
                  </dt>
                  <dd>{t(binding.label)}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
