// What an analyst does to alerts, one or many: the verbs, and the dialogs that ask for more.

import { createContext, lazy, Suspense, useContext, useMemo, useState, type ReactNode } from 'react';
import type { AlertSummary, State, Verdict } from '../api/types';
import { withWords } from '../i18n/i18n';
import { useMe } from '../session/session';
import { useChanges } from './changes';
import { CloseDialog } from './CloseDialog';
import { StateDialog } from './StateDialog';

interface Actions {
  /** False for those who may only look. */
  allowed: boolean;
  setState: (alerts: AlertSummary[], state: Exclude<State, 'closed'>) => void;
  assignMe: (alerts: AlertSummary[]) => void;
  unassign: (alerts: AlertSummary[]) => void;
  askState: (alerts: AlertSummary[]) => void;
  askClose: (alerts: AlertSummary[], verdict: Verdict | null) => void;
  /** False for those who may not work on cases. */
  allowedCases: boolean;
  askCase: (alerts: AlertSummary[]) => void;
}

type Asking =
  | { what: 'state'; alerts: AlertSummary[] }
  | { what: 'close'; alerts: AlertSummary[]; verdict: Verdict | null }
  | { what: 'case'; alerts: AlertSummary[] }
  | null;

const Context = createContext<Actions | null>(null);

/** Comes with the words of cases when it is asked for. */
const OpenCase = lazy(() =>
  withWords('cases', () =>
    import('../cases/OpenCaseDialog').then(({ OpenCaseDialog }) => ({ default: OpenCaseDialog })),
  ),
);

export function ActionsProvider({ children }: { children: ReactNode }) {
  const me = useMe();
  const { change } = useChanges();
  const [asking, setAsking] = useState<Asking>(null);
  const allowed = me.permissions.includes('triage_alerts');
  const allowedCases = me.permissions.includes('manage_cases');
  const actions = useMemo<Actions>(() => {
    const when = <Args extends unknown[]>(work: (...args: Args) => void) => (allowed ? work : () => {});
    return {
      allowed,
      setState: when((alerts, state) => {
        const others = alerts.filter((alert) => alert.state !== state);
        if (others.length > 0) void change(others, { state });
      }),
      assignMe: when((alerts) => {
        const others = alerts.filter(({ assignee }) => assignee !== me.user);
        if (others.length > 0) void change(others, { assignee: me.user });
      }),
      unassign: when((alerts) => void change(alerts, { assignee: null })),
      askState: when((alerts) => setAsking({ what: 'state', alerts })),
      askClose: when((alerts, verdict) => setAsking({ what: 'close', alerts, verdict })),
      allowedCases,
      askCase: (alerts) => allowedCases && setAsking({ what: 'case', alerts }),
    };
  }, [allowed, allowedCases, change, me.user]);
  return (
    <Context value={actions}>
      {children}
      {asking?.what === 'state' && (
        <StateDialog
          alerts={asking.alerts}
          onChoose={(state) => {
            if (state === 'closed') return setAsking({ what: 'close', alerts: asking.alerts, verdict: null });
            setAsking(null);
            return actions.setState(asking.alerts, state);
          }}
          onClose={() => setAsking(null)}
        />
      )}
      {asking?.what === 'close' && (
        <CloseDialog
          alerts={asking.alerts}
          verdict={asking.verdict}
          onSubmit={(verdict, reason) => {
            setAsking(null);
            void change(asking.alerts, { state: 'closed', verdict, reason });
          }}
          onClose={() => setAsking(null)}
        />
      )}
      {asking?.what === 'case' && (
        <Suspense fallback={null}>
          <OpenCase alerts={asking.alerts} onClose={() => setAsking(null)} />
        </Suspense>
      )}
    </Context>
  );
}

export function useActions(): Actions {
  const actions = useContext(Context);
  if (!actions) throw new Error('useActions outside ActionsProvider');
  return actions;
}
