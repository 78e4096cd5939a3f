import { inject } from 'vitest';
import { searchEngineContract } from '../../src/search/search-engine.contract.ts';
import { openElasticsearch } from './open.ts';

searchEngineContract('Elasticsearch', (db) => openElasticsearch(db, inject('elasticsearch')));
