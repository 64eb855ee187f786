// The requests of this room: users, roles, sessions, keys.

import { call, type Query } from '../api/client';
import type {
  ApiKey,
  ApiKeyShown,
  Enrolment,
  FirstLogin,
  Grant,
  NewApiKey,
  NewUser,
  RetentionList,
  RetentionPolicy,
  RoleInfo,
  SecondFactor,
  SessionInfo,
  SlaPolicy,
  User,
} from '../api/types';

type Signal = AbortSignal | undefined;
const id = encodeURIComponent;

/** A page of a list that goes by names. */
export interface After<T> {
  items: T[];
  next_after: string | null;
}

export const getUsers = (query: Query, signal: Signal) =>
  call<After<User>>('GET', '/users', { query, signal });
export const getUser = (name: string, signal: Signal) => call<User>('GET', `/users/${id(name)}`, { signal });
export const addUser = (body: NewUser) => call<FirstLogin>('POST', '/users', { body });
export const changeUser = (
  name: string,
  ifMatch: number,
  body: { display_name?: string; disabled?: boolean },
) => call<User>('PATCH', `/users/${id(name)}`, { body, ifMatch });
export const setGrants = (name: string, ifMatch: number, grants: Grant[]) =>
  call<void>('PUT', `/users/${id(name)}/grants`, { body: { grants }, ifMatch });
export const resetUser = (name: string) => call<FirstLogin>('POST', `/users/${id(name)}/reset`);
export const getUserSessions = (name: string, signal: Signal) =>
  call<{ items: SessionInfo[] }>('GET', `/users/${id(name)}/sessions`, { signal });
export const endUserSessions = (name: string) => call<void>('DELETE', `/users/${id(name)}/sessions`);
export const resetUserFactor = (name: string) => call<void>('DELETE', `/users/${id(name)}/second-factor`);
export const getSecondFactor = (signal: Signal) => call<SecondFactor>('GET', '/me/second-factor', { signal });
export const beginSecondFactor = () => call<Enrolment>('POST', '/me/second-factor');
export const confirmSecondFactor = (code: string) =>
  call<{ codes: string[] }>('PUT', '/me/second-factor', { body: { code } });
export const removeSecondFactor = (code: string) =>
  call<void>('POST', '/me/second-factor:remove', { body: { code } });
export const getRoles = (signal: Signal) => call<{ items: RoleInfo[] }>('GET', '/roles', { signal });
export const getSessions = (signal: Signal) =>
  call<{ items: SessionInfo[] }>('GET', '/me/sessions', { signal });
export const endSession = (session: string) => call<void>('DELETE', `/me/sessions/${id(session)}`);
export const getKeys = (query: Query, signal: Signal) =>
  call<After<ApiKey>>('GET', '/api-keys', { query, signal });
export const makeKey = (body: NewApiKey) => call<ApiKeyShown>('POST', '/api-keys', { body });
export const rotateKey = (key: string) => call<ApiKeyShown>('POST', `/api-keys/${id(key)}/rotate`);
export const endKey = (key: string) => call<void>('DELETE', `/api-keys/${id(key)}`);
export const getSlaPolicies = (signal: Signal) =>
  call<{ items: SlaPolicy[] }>('GET', '/sla-policies', { signal });
export const setSlaPolicy = (
  agency: string,
  ifMatch: number,
  body: Pick<SlaPolicy, 'calendar' | 'holidays'> & { targets: Record<string, unknown> },
) => call<SlaPolicy>('PUT', `/sla-policies/${id(agency)}`, { body, ifMatch });
export const dropSlaPolicy = (agency: string, ifMatch: number) =>
  call<void>('DELETE', `/sla-policies/${id(agency)}`, { ifMatch });
export const getRetention = (signal: Signal) => call<RetentionList>('GET', '/retention-policies', { signal });
export const setRetention = (
  agency: string,
  name: string,
  ifMatch: number,
  body: Pick<RetentionPolicy, 'days' | 'hold' | 'reason'>,
) => call<RetentionPolicy>('PUT', `/retention-policies/${id(agency)}/${id(name)}`, { body, ifMatch });
export const decideRetention = (policy: RetentionPolicy, approve: boolean) =>
  call<unknown>(
    approve ? 'POST' : 'DELETE',
    `/retention-policies/${id(policy.agency)}/${id(policy.class)}/approval`,
    { ifMatch: policy.version },
  );
