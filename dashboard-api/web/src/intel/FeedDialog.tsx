// Makes or changes a feed.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { toLatin } from '../i18n/digits';
import { useI18n } from '../i18n/i18n';
import { Button } from '../ui/Button';
import { ChooseOne } from '../ui/Choice';
import { Chosen } from '../ui/Chosen';
import { Dialog } from '../ui/Dialog';
import { Field } from '../ui/Field';
import { toast } from '../ui/toasts';
import { feedFault } from './faults';
import { changeFeed, deleteFeed, getCollections, makeFeed, TLPS, type Feed, type Origin } from './api';

const NAME_CHARS_MAX = 100;
/** In the list of servers: none, people import. */
const KEPT = '';
const HOUR_MINUTES = 60;

interface Props {
  /** None: a new one. */
  feed: Feed | null;
  servers: string[];
  agencies: string[];
  onClose: () => void;
}

/** A number as somebody wrote it, in either digits; none where nothing stands there. */
function wanted(text: string): number | null {
  return text.trim() === '' ? null : Number(toLatin(text.trim()));
}

export function FeedDialog({ feed, servers, agencies, onClose }: Props) {
  const i18n = useI18n();
  const { t } = i18n;
  const queries = useQueryClient();
  const from = feed?.origin.kind === 'taxii' ? feed.origin : null;
  const [agency, setAgency] = useState(feed?.agency ?? agencies[0] ?? '');
  const [name, setName] = useState(feed?.name ?? '');
  const [server, setServer] = useState(from?.server ?? KEPT);
  const [collection, setCollection] = useState(from?.collection ?? '');
  const [minutes, setMinutes] = useState(String(from?.minutes ?? HOUR_MINUTES));
  const [confidence, setConfidence] = useState(String(feed?.confidence ?? ''));
  const [tlp, setTlp] = useState<string>(feed?.tlp ?? '');
  const [days, setDays] = useState(String(feed?.days ?? ''));
  const [enabled, setEnabled] = useState(feed?.enabled ?? true);
  const done = (text: 'intel.feedKept' | 'intel.feedDeleted') => {
    void queries.invalidateQueries({ queryKey: ['feeds'] });
    void queries.invalidateQueries({ queryKey: ['indicators'] });
    toast(t(text));
    onClose();
  };
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      const origin: Origin =
        server === KEPT
          ? { kind: 'kept' }
          : { kind: 'taxii', server, collection: collection.trim(), minutes: wanted(minutes) ?? 0 };
      const body = {
        agency,
        name: name.trim(),
        origin,
        confidence: wanted(confidence),
        tlp: TLPS.find((each) => each === tlp) ?? null,
        days: wanted(days),
        enabled,
      };
      if (feed) await changeFeed(feed.id, feed.version, body);
      else await makeFeed(body);
    },
    onSuccess: () => done('intel.feedKept'),
  });
  const drop = useMutation({
    mutationFn: (gone: Feed) => deleteFeed(gone.id, gone.version),
    onSuccess: () => done('intel.feedDeleted'),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    mutate();
  };
  const fault = error ?? drop.error;
  return (
    <Dialog title={feed ? feed.name : t('intel.newFeed')} onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <Field
          label={t('intel.name')}
          help={t('intel.nameHelp')}
          value={name}
          onChange={setName}
          maxLength={NAME_CHARS_MAX}
          isRequired
        />
        {!feed && (
          <Chosen label={t('intel.counts')}>
            <ChooseOne
              label={t('intel.counts')}
              value={agency}
              unset="?"
              options={agencies.map((id) => ({ id, name: id === '*' ? t('intel.everywhere') : id }))}
              onChange={setAgency}
            />
          </Chosen>
        )}
        {(servers.length > 0 || from) && (
          <Chosen label={t('intel.from')}>
            <ChooseOne
              label={t('intel.from')}
              value={server}
              unset="?"
              options={[
                { id: KEPT, name: t('intel.kept') },
                ...servers.map((id) => ({ id, name: t('intel.taxii', { name: id }) })),
              ]}
              onChange={setServer}
            />
          </Chosen>
        )}
        {server !== KEPT && (
          <>
            <Collection server={server} value={collection} onChange={setCollection} />
            <Field label={t('intel.minutes')} value={minutes} onChange={setMinutes} isRequired />
          </>
        )}
        <fieldset className="intel-defaults">
          <legend>{t('intel.defaults')}</legend>
          <Field label={t('intel.confidence')} value={confidence} onChange={setConfidence} />
          <Field label={t('intel.days')} value={days} onChange={setDays} />
          <Chosen label={t('intel.tlp')}>
            <ChooseOne
              label={t('intel.tlp')}
              value={tlp}
              unset="?"
              options={[
                { id: '', name: t('intel.noTlp') },
                ...TLPS.map((id) => ({ id, name: t(`intel.tlp.${id}`) })),
              ]}
              onChange={setTlp}
            />
          </Chosen>
        </fieldset>
        <label className="check">
          <input type="checkbox" checked={enabled} onChange={(event) => setEnabled(event.target.checked)} />{' '}
          {t('intel.on')}
        </label>
        {fault && (
          <p className="field-error" role="alert">
            {feedFault(fault, i18n)}
          </p>
        )}
        <div className="form-actions">
          {feed && (
            <Button kind="danger" onPress={() => drop.mutate(feed)} isPending={drop.isPending}>
              {t('intel.delete')}
            </Button>
          )}
          <Button onPress={onClose}>{t('common.cancel')}</Button>
          <Button kind="primary" type="submit" isPending={isPending}>
            {t('intel.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** The collections as the server names them; typed by hand where it does not answer. */
function Collection({
  server,
  value,
  onChange,
}: {
  server: string;
  value: string;
  onChange: (value: string) => void;
}) {
  const { t } = useI18n();
  const { data, isPending, error } = useQuery({
    queryKey: ['collections', server],
    queryFn: ({ signal }) => getCollections(server, signal),
    retry: false,
    staleTime: 60_000,
  });
  if (isPending) return <p className="quiet">{t('intel.asking')}</p>;
  if (error)
    return (
      <Field
        label={t('intel.collection')}
        help={t('intel.noAnswer')}
        value={value}
        onChange={onChange}
        isRequired
      />
    );
  const known = data.items.some(({ id }) => id === value);
  return (
    <Chosen label={t('intel.collection')}>
      <ChooseOne
        label={t('intel.choose')}
        value={value}
        unset=""
        options={[
          ...data.items.map(({ id, title }) => ({ id, name: title })),
          ...(known || value === '' ? [] : [{ id: value, name: value }]),
        ]}
        onChange={onChange}
      />
    </Chosen>
  );
}
