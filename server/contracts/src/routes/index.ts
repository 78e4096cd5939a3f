/**
 * In: the routes of each noun. Out: `routes`, every HTTP route of the product. Used by: server controllers, OpenAPI page, web client.
 */
import { authRoutes } from './auth.ts';
import { dashboardRoutes } from './dashboard.ts';
import { topicsRoutes } from './topics.ts';
import { claimsRoutes, debunksRoutes } from './claims.ts';
import { alertsRoutes } from './alerts.ts';
import { searchRoutes } from './search.ts';
import { inboxRoutes } from './inbox.ts';
import { briefingsRoutes } from './briefings.ts';
import { accountsRoutes } from './accounts.ts';
import { sourcesRoutes } from './sources.ts';
import { labelsRoutes } from './labels.ts';
import { systemRoutes } from './system.ts';

export const routes = {
  auth: authRoutes,
  dashboard: dashboardRoutes,
  topics: topicsRoutes,
  claims: claimsRoutes,
  debunks: debunksRoutes,
  alerts: alertsRoutes,
  search: searchRoutes,
  inbox: inboxRoutes,
  briefings: briefingsRoutes,
  accounts: accountsRoutes,
  sources: sourcesRoutes,
  labels: labelsRoutes,
  system: systemRoutes,
} as const;
