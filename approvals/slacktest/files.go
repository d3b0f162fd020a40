package slacktest

import (
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Limits of uploads. A snippet is a file with a snippet_type.
const (
	maxFile    = 16 << 20
	maxSnippet = 1 << 20
	maxAltText = 1000
)

// File is a file shared in a message.
type File struct {
	ID, Name, Title, AltText string
	Content                  []byte
}

func (f File) api() map[string]any {
	return map[string]any{"id": f.ID, "name": f.Name, "title": f.Title, "size": len(f.Content), "alt_txt": f.AltText}
}

// upload is a file between its three calls: announced, sent, completed.
type upload struct {
	file    File
	length  int
	sent    bool
	expires time.Time
}

func (s *Server) filesGetUploadURL(a *args) (reply, *refusal) {
	length, err := strconv.Atoi(a.text("length"))
	switch {
	case a.text("filename") == "":
		return nil, refuse("invalid_arguments", "filename is required")
	case err != nil || length < 1:
		return nil, refuse("invalid_arguments", "length must be a positive number of bytes")
	case a.text("snippet_type") != "" && length > maxSnippet:
		return nil, refuse("snippet_too_large")
	case length > maxFile:
		return nil, refuse("file_too_large")
	case utf8.RuneCountInString(a.text("alt_txt")) > maxAltText:
		return nil, refuse("alt_txt_too_large")
	}
	id := "F" + randomID(10)
	s.uploads[id] = &upload{
		file:   File{ID: id, Name: a.text("filename"), AltText: a.text("alt_txt")},
		length: length, expires: s.cfg.Now().Add(responseLife),
	}
	return reply{"file_id": id, "upload_url": s.baseURL + "/upload/" + id}, nil
}

// serveUpload takes the bytes: the id in the URL is the authority, as at
// Slack. A multipart body's first file part counts, else the body itself.
func (s *Server) serveUpload(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	s.mu.Lock()
	u := s.uploads[id]
	ready := u != nil && !u.sent && s.cfg.Now().Before(u.expires)
	s.mu.Unlock()
	if !ready {
		http.Error(w, "unknown, used or expired upload url", http.StatusNotFound)
		return
	}
	content, err := uploadedBytes(w, r, u.length)
	if err != nil || len(content) != u.length {
		http.Error(w, "the body is not the announced "+strconv.Itoa(u.length)+" bytes", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	u.file.Content, u.sent = content, true
	s.mu.Unlock()
	_, _ = w.Write([]byte("OK - " + strconv.Itoa(len(content))))
}

func uploadedBytes(w http.ResponseWriter, r *http.Request, length int) ([]byte, error) {
	// Room for the multipart frame around the file.
	r.Body = http.MaxBytesReader(w, r.Body, int64(length)+64<<10)
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		return io.ReadAll(r.Body)
	}
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, err
	}
	for {
		part, err := parts.NextPart()
		if err != nil {
			return nil, err
		}
		if part.FileName() != "" {
			return io.ReadAll(part)
		}
	}
}

func (s *Server) filesCompleteUpload(a *args) (reply, *refusal) {
	var wanted []struct{ ID, Title string }
	if err := json.Unmarshal([]byte(a.text("files")), &wanted); err != nil || len(wanted) == 0 {
		return nil, refuse("invalid_arguments", "files must be a JSON array of {id, title}")
	}
	channels := strings.FieldsFunc(a.text("channel_id")+","+a.text("channels"), func(r rune) bool { return r == ',' })
	if len(channels) > 100 {
		return nil, refuse("invalid_arguments", "channels must name at most 100 channels")
	}
	for _, id := range channels {
		if _, no := s.mayPost(id, "is_archived"); no != nil {
			return nil, no
		}
	}
	r, no := s.content(a, maxPostText)
	if no != nil {
		return nil, no
	}
	r.Text = a.text("initial_comment")
	var files []File
	var shown []any
	for _, want := range wanted {
		u := s.uploads[want.ID]
		if u == nil || !u.sent {
			return nil, refuse("file_not_found")
		}
		u.file.Title = want.Title
		fill(&u.file.Title, u.file.Name)
		files = append(files, u.file)
		shown = append(shown, u.file.api())
	}
	for _, want := range wanted {
		delete(s.uploads, want.ID) // an upload is completed once
	}
	for _, id := range channels {
		s.post(&Message{
			Channel: id, ThreadTS: a.text("thread_ts"), User: s.cfg.BotUserID, ByApp: true, Files: files,
		}, r)
	}
	return reply{"files": shown}, nil
}
