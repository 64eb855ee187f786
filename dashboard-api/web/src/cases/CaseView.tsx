// One case: what it is, what is to be done, the proof, and everything that was done.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useState } from 'react';
import { Problem } from '../api/client';
import { useI18n } from '../i18n/i18n';
import { address } from '../route/route';
import { useMe } from '../session/session';
import { Button } from '../ui/Button';
import { ChooseOne } from '../ui/Choice';
import { Code } from '../ui/Code';
import { Fault, faultText } from '../ui/Fault';
import { Icon } from '../ui/Icon';
import { Link } from '../ui/Link';
import { Severity, severityKey } from '../ui/Severity';
import { Skeleton } from '../ui/Skeleton';
import { toast } from '../ui/toasts';
import { Exact, useAgo } from '../ui/When';
import { CASE_STATES, changeCase, getCase, TLPS, type Case, type CaseChange } from './api';
import { CaseAlerts } from './CaseAlerts';
import { CaseEvidence } from './CaseEvidence';
import { CaseSteps } from './CaseSteps';
import { Tasks } from './Tasks';
import { AgenciesDialog, MergeDialog, SummaryDialog, ResolveDialog } from './dialogs';
import { CaseStateSign, tlpText, TlpSign } from './signs';

const POLL_MS = 15_000;
const SEVERITIES = ['1', '2', '3', '4', '5'] as const;

/** Puts the case as it stands where it is shown. */
export function usePlaced(): (found: Case) => void {
  const queries = useQueryClient();
  return useCallback(
    (found) => {
      queries.setQueryData<Case>(['case', found.id], (before) =>
        before && before.version > found.version ? before : found,
      );
      void queries.invalidateQueries({ queryKey: ['case-history', found.id] });
      void queries.invalidateQueries({ queryKey: ['cases'] });
    },
    [queries],
  );
}

export function CaseView({ id }: { id: string }) {
  const { t } = useI18n();
  const { data, error, refetch } = useQuery({
    queryKey: ['case', id],
    queryFn: ({ signal }) => getCase(id, signal),
    refetchInterval: POLL_MS,
  });
  useEffect(() => {
    document.title = t('cases.pageOne', { id, product: t('common.product') });
  }, [t, id]);
  return (
    <section className="case" aria-label={data?.title ?? t('cases.title')}>
      <p className="case-back">
        <Link to="/cases">
          <Icon name="left" /> {t('cases.all')}
        </Link>
      </p>
      {error && !data && <Fault what={t('cases.failedOne')} error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Skeleton rows={12} />}
      {data && <Whole found={data} />}
    </section>
  );
}

function Whole({ found }: { found: Case }) {
  const { t } = useI18n();
  return (
    <>
      <Head found={found} />
      <div className="case-columns">
        <div>
          <Summary found={found} />
          <CaseAlerts found={found} />
          <CaseEvidence found={found} />
        </div>
        <div>
          <Tasks found={found} />
          <CaseSteps found={found} />
        </div>
      </div>
      {found.hidden > 0 && <p className="quiet">{t('cases.hidden', { count: found.hidden })}</p>}
    </>
  );
}

/** What was asked for when somebody else was faster. */
interface Late {
  mine: CaseChange;
  theirs: Case;
}

/** Changes the case against the version that is shown. */
function useChange(found: Case) {
  const i18n = useI18n();
  const placed = usePlaced();
  const [late, setLate] = useState<Late | null>(null);
  const { mutate, isPending } = useMutation({
    mutationFn: ({ version, change }: { version: number; change: CaseChange }) =>
      changeCase(found.id, version, change),
    onSuccess: (after) => {
      setLate(null);
      placed(after);
    },
    onError: (error, { change }) => {
      const theirs = error instanceof Problem && error.code === 'version_conflict' && error.params.current;
      if (!theirs) return toast(faultText(error, i18n), { kind: 'fault' });
      setLate({ mine: change, theirs: theirs as Case });
      placed(theirs as Case);
    },
  });
  const change = (wanted: CaseChange) => mutate({ version: found.version, change: wanted });
  return { change, isPending, late, forget: () => setLate(null) };
}

function Head({ found }: { found: Case }) {
  const { t } = useI18n();
  const me = useMe();
  const { change, late, forget } = useChange(found);
  const [asking, setAsking] = useState<'close' | 'share' | 'merge' | null>(null);
  const may = found.may_change && found.merged_into === null;
  const done = () => setAsking(null);
  return (
    <header className="case-head">
      <h1>
        {found.title} <Code>{found.id}</Code>
      </h1>
      {found.merged_into && (
        <p className="note">
          <span>
            {t('cases.mergedInto')}{' '}
            <Link to={`/cases/${encodeURIComponent(found.merged_into)}`}>
              <Code>{found.merged_into}</Code>
            </Link>
          </span>
        </p>
      )}
      {late && <Conflict late={late} onKeep={forget} onApply={() => change(late.mine)} />}
      <div className="case-verbs" role="group" aria-label={t('cases.verbs')}>
        {may ? (
          <Choices found={found} onChange={change} onClose={() => setAsking('close')} />
        ) : (
          <Facts found={found} />
        )}
        <span>
          {t('cases.assignee')}: {found.assignee ?? t('cases.nobody')}
        </span>
        {may && (
          <>
            <Button onPress={() => change({ assignee: found.assignee === me.user ? null : me.user })}>
              {found.assignee === me.user ? t('cases.leave') : t('cases.take')}
            </Button>
            <Button onPress={() => setAsking('share')}>{t('cases.share')}</Button>
            <Button onPress={() => setAsking('merge')}>{t('cases.merge')}</Button>
          </>
        )}
        <Link to={address(`/cases/${encodeURIComponent(found.id)}`, 'report')} className="button">
          {t('cases.report')}
        </Link>
      </div>
      <p className="quiet">
        {t('cases.opened', { by: found.created_by })} <Exact ms={found.created} />
        {' · '}
        {t('cases.agency')}: <Code>{found.agency}</Code>
        {found.shared_with.length > 0 && (
          <>
            {' · '}
            {t('cases.sharedWith')} <Code>{found.shared_with.join(', ')}</Code>
          </>
        )}
      </p>
      {found.resolution && (
        <p className="case-resolution">
          <strong>{t('cases.resolution')}</strong> {found.resolution}
        </p>
      )}
      {asking === 'close' && (
        <ResolveDialog
          onClose={done}
          onSubmit={(resolution) => {
            done();
            change({ state: 'closed', resolution });
          }}
        />
      )}
      {asking === 'share' && <AgenciesDialog found={found} onClose={done} />}
      {asking === 'merge' && <MergeDialog found={found} onClose={done} />}
    </header>
  );
}

function Facts({ found }: { found: Case }) {
  return (
    <>
      <CaseStateSign state={found.state} /> <Severity id={found.severity_id} /> <TlpSign tlp={found.tlp} />
    </>
  );
}

interface ChoicesProps {
  found: Case;
  onChange: (change: CaseChange) => void;
  onClose: () => void;
}

function Choices({ found, onChange, onClose }: ChoicesProps) {
  const { t } = useI18n();
  return (
    <>
      <ChooseOne
        label={t('cases.state')}
        value={found.state}
        unset={'' as never}
        options={CASE_STATES.map((id) => ({
          id,
          name: t(`cases.state.${id}`),
          shown: <CaseStateSign state={id} />,
        }))}
        onChange={(state) => {
          if (state === found.state) return;
          if (state === 'closed') onClose();
          else onChange({ state });
        }}
      />
      <ChooseOne
        label={t('cases.severity')}
        value={String(Math.min(5, found.severity_id)) as (typeof SEVERITIES)[number]}
        unset={'' as never}
        options={SEVERITIES.map((id) => ({
          id,
          name: t(severityKey(Number(id))),
          shown: <Severity id={Number(id)} />,
        }))}
        onChange={(id) => onChange({ severity_id: Number(id) })}
      />
      <ChooseOne
        label={t('cases.tlp')}
        value={found.tlp}
        unset={'' as never}
        options={TLPS.map((id) => ({ id, name: tlpText(id), shown: <TlpSign tlp={id} /> }))}
        onChange={(tlp) => onChange({ tlp })}
      />
    </>
  );
}

interface ConflictProps {
  late: Late;
  onKeep: () => void;
  onApply: () => void;
}

/** Two at once: what stands, and what was asked for. */
function Conflict({ late, onKeep, onApply }: ConflictProps) {
  const { t } = useI18n();
  const ago = useAgo();
  const { theirs } = late;
  return (
    <div className="conflict" role="alert">
      <h3>
        <Icon name="warning" /> {t('cases.conflict')}
      </h3>
      <p>
        {t('cases.conflictNow', {
          by: theirs.updated_by,
          ago: ago(theirs.updated),
          state: t(`cases.state.${theirs.state}`),
          name: theirs.assignee ?? t('cases.nobody'),
        })}
      </p>
      <div className="form-actions">
        <Button kind="primary" onPress={onKeep}>
          {t('cases.keepTheirs')}
        </Button>
        <Button onPress={onApply}>{t('cases.applyMine')}</Button>
      </div>
    </div>
  );
}

function Summary({ found }: { found: Case }) {
  const { t } = useI18n();
  const [editing, setEditing] = useState(false);
  return (
    <section>
      <h2>{t('cases.summary')}</h2>
      {found.summary ? (
        <p className="case-summary">{found.summary}</p>
      ) : (
        <p className="quiet">{t('cases.noSummary')}</p>
      )}
      {found.may_change && found.merged_into === null && (
        <Button kind="quiet" onPress={() => setEditing(true)}>
          {t('cases.editSummary')}
        </Button>
      )}
      {editing && <SummaryDialog found={found} onClose={() => setEditing(false)} />}
    </section>
  );
}
