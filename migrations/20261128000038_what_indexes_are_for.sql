-- Every index beside the keys says what it is for.

comment on index heymilo.questions_question_id_idx is
    'From what was asked in an interview to the question as it is set up: question_id alone does not begin the key.';
comment on index heymilo.interviews_posting_idx is
    'The interviews of a posting in the order of their invitations: pages of its list, coverage, funnels and cohorts.';
comment on index heymilo.interviews_candidate_idx is
    'All interviews of a person: who is left without any is removed, and an erasure finds all there are.';

comment on index heymilo_sync.jobs_due_idx is
    'The next jobs of each urgency, the oldest first; what waits for a later time, or was given up, is not read.';
comment on index heymilo_sync.permits_taken_at_idx is
    'The requests of the last minute, which the budget counts, and those to be forgotten.';
comment on index heymilo_sync.inbox_received_at_idx is
    'The last deliveries, counted on the status page, and those older than their retention.';
comment on index heymilo_sync.search_documents_document_idx is
    'The words of heymilo.search_transcripts. Without pending entries: a search never reads a list that waits to be sorted in.';
comment on index heymilo_sync.search_documents_language_idx is
    'In which languages there are documents: a query is read in each of them.';
