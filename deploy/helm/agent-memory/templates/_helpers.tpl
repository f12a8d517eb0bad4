{{- define "agent-memory.image" -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag }}{{ end }}
{{- end }}

{{- define "agent-memory.settings" -}}
{{- $tls := dict }}
{{- if .Values.tls.enabled }}
{{- $tls = dict "AGENT_MEMORY_SERVICES_CA_FILE" "/etc/agent-memory/tls/ca.crt" "AGENT_MEMORY_SERVICES_TLS" "true" "AGENT_MEMORY_TLS_CERTIFICATE_FILE" "/etc/agent-memory/tls/tls.crt" "AGENT_MEMORY_TLS_CLIENT_CA_FILE" "/etc/agent-memory/tls/ca.crt" "AGENT_MEMORY_TLS_KEY_FILE" "/etc/agent-memory/tls/tls.key" }}
{{- end }}
{{- range $name, $value := merge (dict) .Values.settings $tls }}
{{ $name }}: {{ $value | toString | quote }}
{{- end }}
{{- end }}

{{- define "agent-memory.gateway" -}}
{{- $own := ternary "files/envoy-tls.json" "files/envoy.json" .Values.tls.enabled }}
envoy.json: {{ .Values.gatewayConfig | default (.Files.Get $own) | quote }}
{{- end }}
