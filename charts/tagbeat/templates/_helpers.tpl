{{- define "tagbeat.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* At most 52 characters, so that the longest suffix still makes a valid name. */}}
{{- define "tagbeat.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else if contains (include "tagbeat.name" .) .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "tagbeat.name" .) | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "tagbeat.selector" -}}
app.kubernetes.io/name: {{ include "tagbeat.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "tagbeat.labels" -}}
{{ include "tagbeat.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "tagbeat.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "tagbeat.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "tagbeat.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ default $.Chart.AppVersion .tag }}{{ end }}
{{- end }}
{{- end }}

{{- define "tagbeat.postgresqlImage" -}}
{{- with .Values.postgresql.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag }}{{ end }}
{{- end }}
{{- end }}

{{- define "tagbeat.postgresqlSecret" -}}
{{- default (printf "%s-postgresql" (include "tagbeat.fullname" .)) .Values.postgresql.existingSecret }}
{{- end }}

{{/* What a container of ours or PostgreSQL's may do: nothing but its work. */}}
{{- define "tagbeat.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "tagbeat.publicURL" -}}
{{- if .Values.ingress.enabled -}}
{{ ternary "https" "http" (ne .Values.ingress.tlsSecret "") }}://{{ .Values.ingress.host }}
{{- end }}
{{- end }}

{{/* Says at once what would else show as a pod that never starts. */}}
{{- define "tagbeat.validate" -}}
{{- $own := or .Values.database.url .Values.database.existingSecret }}
{{- if and .Values.postgresql.enabled $own }}
{{- fail "database.url and database.existingSecret are for your own PostgreSQL: set postgresql.enabled to false as well" }}
{{- end }}
{{- if and (not .Values.postgresql.enabled) (not $own) }}
{{- fail "postgresql.enabled is false: set database.url or database.existingSecret" }}
{{- end }}
{{- if and .Values.database.url .Values.database.existingSecret }}
{{- fail "set either database.url or database.existingSecret, not both" }}
{{- end }}
{{- end }}
