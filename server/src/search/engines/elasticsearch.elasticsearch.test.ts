import { elasticsearchForTests, openElasticsearch } from '../../../test/elasticsearch.ts';
import { searchEngineContract } from '../search-engine.contract.ts';

const { server } = elasticsearchForTests();

searchEngineContract('Elasticsearch', (db) => openElasticsearch(db, server().url));
