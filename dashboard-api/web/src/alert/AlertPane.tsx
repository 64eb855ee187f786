// One alert, whole: what happened, why it fired, the evidence, what was done about it.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { getAlert } from '../api/endpoints';
import type { AlertDetail } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { ALERT_KEYS, QUEUE_KEYS, written } from '../keys/map';
import { useKeys } from '../keys/useKeys';
import { IconButton } from '../ui/Button';
import { Boundary } from '../ui/Boundary';
import { Fault } from '../ui/Fault';
import { Severity } from '../ui/Severity';
import { Skeleton } from '../ui/Skeleton';
import { ActionBar } from './ActionBar';
import { place } from './changes';
import { ConflictBox } from './ConflictBox';
import { Evidence } from './Evidence';
import { History } from './History';
import { Similar } from './Similar';
import { Summary } from './Summary';
import { Timeline } from './Timeline';
import { titleIn } from './title';
import { Why } from './Why';

interface Props {
  id: string;
  query: string;
  /** Opened by a key: then the focus comes along. */
  focusOnOpen: boolean;
  onClose: () => void;
  onPrevious: (() => void) | undefined;
  onNext: (() => void) | undefined;
}

/** Others may work on the same alert; what they did is shown within this time. */
const POLL_MS = 15_000;

export function AlertPane(props: Props) {
  const { id } = props;
  const { t, language } = useI18n();
  const { data, error, refetch } = useQuery({
    queryKey: ['alert', id],
    queryFn: ({ signal }) => getAlert(id, signal),
    refetchInterval: POLL_MS,
  });
  const alert = data?.id === id ? data : undefined;
  const queries = useQueryClient();
  // The row in the queue says the same as the alert beside it.
  useEffect(() => {
    if (alert) place(queries, alert);
  }, [queries, alert]);
  return (
    <section className="pane" aria-label={alert ? titleIn(language, alert) : t('alert.label')}>
      <PaneHead {...props} alert={alert} />
      {error && !alert && <Fault what={t('alert.failed')} error={error} onRetry={() => void refetch()} />}
      {!alert && !error && <Skeleton rows={10} />}
      {alert && (
        <Boundary key={alert.id}>
          <PaneBody alert={alert} />
        </Boundary>
      )}
    </section>
  );
}

function PaneHead({
  id,
  alert,
  focusOnOpen,
  onClose,
  onPrevious,
  onNext,
}: Props & { alert: AlertDetail | undefined }) {
  const { t, language } = useI18n();
  const heading = useRef<HTMLHeadingElement>(null);
  const loaded = alert !== undefined;
  useEffect(() => {
    if (focusOnOpen && loaded) heading.current?.focus({ preventScroll: true });
    // Only when the alert first shows: walking on with j and k must not take the focus from where it is.
  }, [focusOnOpen, loaded]);
  return (
    <header className="pane-head">
      <div className="pane-tools">
        <IconButton icon="left" label={t('alert.back')} onPress={onClose} />
        <span className="pane-where">{alert && <Severity id={alert.severity_id} />}</span>
        <IconButton
          icon="left"
          label={t('keys.previous')}
          onPress={() => onPrevious?.()}
          isDisabled={!onPrevious}
          aria-keyshortcuts={written(QUEUE_KEYS.previous)}
        />
        <IconButton
          icon="right"
          label={t('keys.next')}
          onPress={() => onNext?.()}
          isDisabled={!onNext}
          aria-keyshortcuts={written(QUEUE_KEYS.next)}
        />
        <IconButton icon="cross" label={t('alert.close')} onPress={onClose} aria-keyshortcuts="Escape" />
      </div>
      <h2 ref={heading} tabIndex={-1} className="pane-title" data-id={id}>
        {alert ? titleIn(language, alert) : t('alert.label')}
      </h2>
      {alert && <ActionBar alert={alert} />}
    </header>
  );
}

function PaneBody({ alert }: { alert: AlertDetail }) {
  const body = useRef<HTMLDivElement>(null);
  const find = (selector: string) => body.current?.querySelector<HTMLElement>(selector);
  useKeys(ALERT_KEYS, {
    comment: () => find('.comment-box textarea')?.focus(),
    raw: () => {
      const raw = find('.raw');
      raw?.scrollIntoView({ block: 'nearest' });
      raw?.focus({ preventScroll: true });
    },
  });
  return (
    <div ref={body} className="pane-body">
      <ConflictBox alert={alert} />
      <Summary alert={alert} />
      <Why alert={alert} />
      <Evidence alert={alert} />
      <Similar alert={alert} />
      <Timeline alert={alert} />
      <History alert={alert} />
    </div>
  );
}
