// Has a kept search run by itself, and shows what it found.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { Problem } from '../api/client';
import { toLatin } from '../i18n/digits';
import { useI18n, type I18n } from '../i18n/i18n';
import { useMe } from '../session/session';
import { Button } from '../ui/Button';
import { ChooseOne } from '../ui/Choice';
import { Chosen } from '../ui/Chosen';
import { Code } from '../ui/Code';
import { Dialog } from '../ui/Dialog';
import { Fault, faultText } from '../ui/Fault';
import { Field } from '../ui/Field';
import { Skeleton } from '../ui/Skeleton';
import { toast } from '../ui/toasts';
import { When } from '../ui/When';
import {
  endSchedule,
  getChannelNames,
  getSchedule,
  setSchedule,
  type SavedSearch,
  type Schedule,
  type SearchRun,
} from './api';
import { SCHEDULES } from './kept';

/** In the list of channels: nobody is told. */
const NOBODY = '';
const MINUTES = [5, 15, 60, 240, 1440, 10080] as const;

export function ScheduleDialog({ search, onClose }: { search: SavedSearch; onClose: () => void }) {
  const { t } = useI18n();
  const { data, error, refetch } = useQuery({
    queryKey: ['schedule', search.id],
    queryFn: ({ signal }) => getSchedule(search.id, signal),
    staleTime: 0,
  });
  return (
    <Dialog title={t('schedule.title', { name: search.name })} onClose={onClose} wide>
      {error && <Fault what={t('schedule.failed')} error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton rows={4} />}
      {data && (
        <>
          <Form search={search} now={data.schedule} onClose={onClose} />
          {data.runs.length > 0 && <Runs runs={data.runs} />}
        </>
      )}
    </Dialog>
  );
}

function Form({ search, now, onClose }: { search: SavedSearch; now: Schedule | null; onClose: () => void }) {
  const i18n = useI18n();
  const { t, number } = i18n;
  const { permissions } = useMe();
  const queries = useQueryClient();
  const mayTell = permissions.includes('manage_notifications');
  const [minutes, setMinutes] = useState(String(now?.minutes ?? 60));
  const [atLeast, setAtLeast] = useState(String(now?.at_least ?? 1));
  const [channel, setChannel] = useState(now?.channel ?? NOBODY);
  const { data: channels } = useQuery({
    queryKey: ['channels'],
    queryFn: ({ signal }) => getChannelNames(signal),
    enabled: mayTell,
  });
  const done = (text: 'schedule.kept' | 'schedule.ended') => {
    void queries.invalidateQueries({ queryKey: SCHEDULES });
    void queries.invalidateQueries({ queryKey: ['schedule', search.id] });
    toast(t(text));
    onClose();
  };
  const keep = useMutation({
    mutationFn: () =>
      setSchedule(search.id, {
        minutes: Number(minutes),
        at_least: Number(toLatin(atLeast.trim())),
        channel: channel === NOBODY ? null : channel,
      }),
    onSuccess: () => done('schedule.kept'),
  });
  const end = useMutation({
    mutationFn: () => endSchedule(search.id),
    onSuccess: () => done('schedule.ended'),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    keep.mutate();
  };
  const known = MINUTES.some((each) => String(each) === minutes);
  const fault = keep.error ?? end.error;
  return (
    <form className="form" onSubmit={submit}>
      <p className="quiet">{t('schedule.what')}</p>
      <p>
        <Code>{search.q}</Code>
      </p>
      <Chosen label={t('schedule.every')}>
        <ChooseOne
          label={t('schedule.every')}
          value={minutes}
          unset="?"
          options={[
            ...MINUTES.map((each) => ({ id: String(each), name: t('schedule.minutes', { count: each }) })),
            ...(known ? [] : [{ id: minutes, name: t('schedule.minutes', { count: Number(minutes) }) }]),
          ]}
          onChange={setMinutes}
        />
      </Chosen>
      <Field label={t('schedule.atLeast')} value={atLeast} onChange={setAtLeast} isRequired />
      {mayTell && channels && channels.items.length > 0 && (
        <Chosen label={t('schedule.channel')}>
          <ChooseOne
            label={t('schedule.channel')}
            value={channel}
            unset="?"
            options={[
              { id: NOBODY, name: t('schedule.nobody') },
              ...channels.items.map(({ id, name }) => ({ id, name })),
            ]}
            onChange={setChannel}
          />
        </Chosen>
      )}
      {now && (
        <p className="quiet">
          {t('schedule.until')} <When ms={now.to} />
          {' · '}
          {t('schedule.next')} <When ms={now.next} />
          {now.unseen > 0 && ` · ${t('schedule.unseen', { count: now.unseen, shown: number(now.unseen) })}`}
        </p>
      )}
      {fault && (
        <p className="field-error" role="alert">
          {scheduleFault(fault, i18n)}
        </p>
      )}
      <div className="form-actions">
        {now && (
          <Button kind="danger" onPress={() => end.mutate()} isPending={end.isPending}>
            {t('schedule.end')}
          </Button>
        )}
        <Button onPress={onClose}>{t('common.cancel')}</Button>
        <Button kind="primary" type="submit" isPending={keep.isPending}>
          {t(now ? 'schedule.change' : 'schedule.begin')}
        </Button>
      </div>
    </form>
  );
}

function Runs({ runs }: { runs: SearchRun[] }) {
  const { t, number } = useI18n();
  return (
    // A box that scrolls must be reachable by the keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="made schedule-runs" tabIndex={0} role="region" aria-label={t('schedule.runs')}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('schedule.ran')}</th>
            <th scope="col">{t('schedule.stored')}</th>
            <th scope="col">{t('schedule.found')}</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.at}>
              <td>
                <When ms={run.at} />
              </td>
              <td>
                <When ms={run.from} /> – <When ms={run.to} />
              </td>
              <td>
                {run.fault ? (
                  <span lang="en">{run.fault}</span>
                ) : run.found ? (
                  <strong>{number(run.events)}</strong>
                ) : (
                  number(run.events)
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function scheduleFault(error: unknown, i18n: I18n): string {
  const { t } = i18n;
  if (!(error instanceof Problem)) return faultText(error, i18n);
  if (error.code === 'too_many') return t('schedule.fault.tooMany', { most: Number(error.params.max ?? 0) });
  if (error.code === 'invalid_body' && error.params.field === 'at_least') return t('schedule.fault.atLeast');
  if (error.code === 'invalid_body' && error.params.field === 'search') return t('schedule.fault.commands');
  return faultText(error, i18n);
}
