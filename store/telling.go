package store

// tell logs what changed, once: a trouble when it begins, losses when they
// begin, and the end of both. It needs mu, and lets go of it meanwhile: a log
// that cannot be written to must not stop the traffic.
func (w *worker) tell(err error) {
	reason, before := "", w.told
	if w.trouble != nil {
		reason = reasonOf(w.trouble)
	}
	lost, waiting := w.lost-w.toldOf, len(w.queue)
	w.told = reason
	isOver := reason == "" && (before != "" || lost > 0)
	isLosing := reason != "" && lost > 0 && !w.isLosing
	w.isLosing = reason != "" && lost > 0
	if isOver {
		w.toldOf = w.lost
	}
	w.mu.Unlock()
	defer w.mu.Lock()
	switch {
	case reason != before && reason != "":
		w.log.Warn().Err(err).Str("reason", reason).Msg("cannot store records: they wait, and storing is tried again")
	case isLosing:
		w.log.Error().Err(err).Str("reason", reason).Int("waiting", waiting).Msg("the queue is full: records are lost")
	case isOver && lost > 0:
		w.log.Error().Err(err).Int64("lost", lost).Int("waiting", waiting).Msg("records were lost; reports count them")
	case isOver:
		w.log.Info().Int("waiting", waiting).Msg("records are stored again")
	}
}
