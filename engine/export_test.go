package engine

// Remembered is how many incidents that have ended are.
func (e *Engine) Remembered() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.ended)
}
